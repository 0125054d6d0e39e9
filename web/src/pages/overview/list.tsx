import { signal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { copy } from "../../components/copy";
import { say } from "../../components/toasts";
import { VirtualRows } from "../../components/virtual-rows";
import { t, type Key } from "../../i18n";
import { useShortcuts } from "../../keyboard";
import { narrow } from "../../media";
import { go, patch } from "../../router";
import type { ModelRow } from "../../types";
import { ModelLine } from "./line";
import { nextSort, type Filter, type Sort } from "./rows";

/** A row's height in px, as overview.css has it. */
const HEIGHT = { wide: 40, narrow: 72 };

const COLUMNS: readonly { sort: Sort; key: Key; title?: Key; number?: boolean }[] = [
  { sort: "light", key: "col.light" },
  { sort: "model", key: "col.model" },
  { sort: "channel", key: "col.channel" },
  { sort: "latency", key: "col.spark" },
  { sort: "uptime", key: "col.uptime", number: true },
  { sort: "p50", key: "col.p50", number: true },
  { sort: "p95", key: "col.p95", number: true },
  { sort: "ttft", key: "col.ttft", number: true },
  { sort: "failures", key: "col.failures", title: "col.failures.title", number: true },
  { sort: "status", key: "col.status" },
  { sort: "seen", key: "col.seen", number: true },
];

/** The row that the keyboard is on, by id; stays while a person looks at another page. */
const marked = signal<number | null>(null);
const setMark = (id: number): void => {
  marked.value = id;
};

interface ListProps {
  rows: ModelRow[];
  filter: Filter;
  manyGateways: boolean;
  /** Where the search hands the keyboard over to. */
  enter: { current: (() => void) | null };
}

/** The models as a table, of which only the rows on the screen are drawn. */
export function List({ rows, filter, manyGateways, enter }: ListProps) {
  const grid = useRef<HTMLDivElement>(null);
  const active = marked.value;
  const [open, setOpen] = useState<number | null>(null);
  /** How high the opened part is, once it is drawn. */
  const [extra, setExtra] = useState(100);
  const height = narrow.value ? HEIGHT.narrow : HEIGHT.wide;
  const place = (id: number | null): number => (id === null ? -1 : rows.findIndex((row) => row.id === id));
  const openPlace = place(open);

  /** Moves the mark, and the page as far as it takes to see it. */
  const mark = (index: number): void => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (row === undefined) return;
    marked.value = row.id;
    grid.current?.focus({ preventScroll: true });
    const body = grid.current?.querySelector(".virtual-rows")?.getBoundingClientRect();
    const head = grid.current?.querySelector(".grid-head")?.getBoundingClientRect();
    if (body === undefined) return;
    const at = rows.indexOf(row);
    const begins = body.top + at * height + (openPlace >= 0 && at > openPlace ? extra : 0);
    const ceiling = (head?.bottom ?? 0) + 4;
    const floor = innerHeight - height - 8;
    if (begins < ceiling) scrollBy(0, begins - ceiling);
    else if (begins > floor) scrollBy(0, begins - floor);
  };
  const step = (by: number): void => mark(active === null || place(active) < 0 ? 0 : place(active) + by);
  const withActive = (deed: (row: ModelRow) => void) => (): boolean => {
    const row = rows[place(active)];
    if (row === undefined) return false;
    deed(row);
    return true;
  };
  // The same function each time: a row is drawn again only where something of it is other than it was.
  const toggle = useCallback((id: number): void => setOpen((now) => (now === id ? null : id)), []);
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Home: () => mark(0),
    End: () => mark(rows.length - 1),
    Enter: withActive((row) => go("model", row.id)),
    " ": withActive((row) => toggle(row.id)),
    c: withActive((row) => void copy(row.model_id).then((done) => done && say(t("copied")))),
    Escape: () => {
      if (open === null) return false;
      setOpen(null);
      return true;
    },
  });
  useEffect(() => {
    enter.current = () => mark(0);
    return () => { enter.current = null; };
  });

  return (
    <div
      ref={grid} class={narrow.value ? "grid grid-narrow" : "grid"} role="grid" tabIndex={0} aria-label={t("table.models")}
      aria-rowcount={rows.length + 1} aria-activedescendant={place(active) < 0 ? undefined : `row-${active}`} data-testid="models"
    >
      <div class="grid-head" role="rowgroup"><div class="line" role="row" aria-rowindex={1}>
        {COLUMNS.map(({ sort, key, title, number }) => {
          const sortedBy = filter.sort === sort;
          return (
            <div
              key={sort} role="columnheader" class={`cell cell-${sort}${number === true ? " cell-number" : ""}`}
              aria-sort={sortedBy ? (filter.descending ? "descending" : "ascending") : "none"}
            >
              <button type="button" title={t("sort.by", { column: t(title ?? key) })} onClick={() => patch(nextSort(filter, sort))} data-testid={`sort-${sort}`}>
                {sort === "light" ? <span class="off-screen">{t(key)}</span> : t(key)}
                {(sortedBy || sort === "light") && <span aria-hidden="true">{!sortedBy ? "↕" : filter.descending ? "↓" : "↑"}</span>}
              </button>
            </div>
          );
        })}
        <div class="cell cell-more" role="columnheader"><span class="off-screen">{t("row.why")}</span></div>
      </div></div>
      <VirtualRows count={rows.length} height={height} open={openPlace} extra={extra} rowKey={(index) => rows[index]?.id ?? index}>
        {(index) => {
          const row = rows[index];
          return row !== undefined && (
            <ModelLine
              row={row} index={index + 2} active={row.id === active} open={row.id === open} manyGateways={manyGateways}
              onMark={setMark} onToggle={toggle} onHeight={setExtra}
            />
          );
        }}
      </VirtualRows>
    </div>
  );
}
