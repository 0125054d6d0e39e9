import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { BareLight } from "../../components/light";
import { Name } from "../../components/name";
import { VirtualRows } from "../../components/virtual-rows";
import { t } from "../../i18n";
import { go, href } from "../../router";
import { spelled } from "../../spelled";
import type { ModelRow } from "../../types";
import { scrollTo, step, type Place } from "../../walk";
import { columnsSeen, matrix, type Column, type MatrixRow } from "./matrix";

/** A row's height and a column's width in px, as overview.css has them. */
const ROW = 28;
const COLUMN = 30;

/** The same models by name: which channels have them, and in what light. Scrolls within itself. */
export function MatrixView({ rows }: { rows: ModelRow[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const { columns, rows: lines } = useMemo(() => matrix(rows), [rows]);
  const [at, setAt] = useState<Place>({ row: 0, column: 0 });
  const [focused, setFocused] = useState(false);
  const [seen, setSeen] = useState(() => columnsSeen(0, 1500, COLUMN));
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const look = (): void => {
      const next = columnsSeen(box.scrollLeft, box.clientWidth, COLUMN);
      setSeen((last) => (last.first === next.first && last.end === next.end ? last : next));
    };
    look();
    box.addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      box.removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, []);
  useEffect(() => {
    const box = scroller.current;
    if (box === null || !focused) return;
    const [head, name] = [box.querySelector<HTMLElement>(".matrix-head"), box.querySelector<HTMLElement>(".matrix-name")];
    box.scrollTop = scrollTo(at.row * ROW, ROW, box.scrollTop, box.clientHeight - (head?.offsetHeight ?? 0));
    box.scrollLeft = scrollTo(at.column * COLUMN, COLUMN, box.scrollLeft, box.clientWidth - (name?.offsetWidth ?? 0));
  }, [at]);
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== scroller.current) return;
    const line = lines[at.row];
    if (event.key === "Enter" && line !== undefined) go("model", line.cells.find(({ column }) => column === at.column)?.row.id ?? line.model);
    else {
      const next = step(event.key, at, lines.length, columns.length, Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW / 2)));
      if (next === null) return;
      setAt(next);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={scroller} class="matrix" role="grid" tabIndex={0} aria-label={t("table.matrix")} aria-rowcount={lines.length + 1} aria-colcount={columns.length + 1}
      aria-activedescendant={focused ? `light-${at.row}-${at.column}` : undefined} data-testid="matrix"
      onKeyDown={press} onFocusIn={(event) => setFocused(event.target === scroller.current)} onFocusOut={() => setFocused(false)}
    >
      <div class="matrix-inner" style={{ "--columns": columns.length }}>
        <div role="rowgroup" class="matrix-head"><Head columns={columns} /></div>
        <VirtualRows count={lines.length} height={ROW} scroller={scroller} rowKey={(index) => lines[index]?.model ?? index}>
          {(index) => {
            const line = lines[index];
            return line !== undefined && (
              <Line line={line} index={index} columns={columns} first={seen.first} end={seen.end} at={focused && at.row === index ? at.column : -1} />
            );
          }}
        </VirtualRows>
      </div>
    </div>
  );
}

function Head({ columns }: { columns: Column[] }) {
  return (
    <div class="matrix-titles" role="row" aria-rowindex={1}>
      <div class="matrix-name" role="columnheader">{t("col.model")}</div>
      {columns.map((column) => (
        <div key={`${column.gateway} ${column.channel}`} class="matrix-channel" role="columnheader">
          <a href={href("overview", null, { gateway: column.gateway, channel: column.channel, view: "matrix" })} tabIndex={-1}><Name text={column.name} /></a>
        </div>
      ))}
    </div>
  );
}

interface LineProps {
  line: MatrixRow;
  index: number;
  columns: Column[];
  /** The columns on the screen. */
  first: number;
  end: number;
  /** The column that the keyboard is on; -1: it is elsewhere. */
  at: number;
}

function Line({ line, index, columns, first, end, at }: LineProps) {
  const alone = line.cells.length === 1 ? line.cells[0] : undefined;
  const place = (column: number) => ({
    role: "gridcell" as const,
    id: `light-${index}-${column}`,
    "aria-colindex": column + 2,
    class: column === at ? "matrix-cell matrix-at" : "matrix-cell",
    style: { left: `calc(var(--name) + ${column * COLUMN}px)` },
  });
  const empty = at >= 0 && !line.cells.some(({ column }) => column === at) ? columns[at] : undefined;
  return (
    <div class="matrix-row" role="row" aria-rowindex={index + 2}>
      <div class="matrix-name" role="rowheader">
        <a href={href("model", alone?.row.id ?? line.model)}><Name text={line.model} mono /></a>
      </div>
      {line.cells.map(({ column, row }) => {
        if ((column < first || column >= end) && column !== at) return null;
        const label = t("matrix.cell", { model: spelled(row.model_id), channel: spelled(row.channel_name), light: t(`light.${row.light}`) });
        return (
          <div key={row.id} {...place(column)}>
            <a href={href("model", row.id)} tabIndex={-1} title={label} aria-label={label}><BareLight state={row.light} /></a>
          </div>
        );
      })}
      {empty !== undefined && <div {...place(at)} aria-label={t("matrix.none", { model: spelled(line.model), channel: spelled(empty.name) })} />}
    </div>
  );
}
