import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { BareLight } from "../../components/light";
import { Name } from "../../components/name";
import { VirtualRows } from "../../components/virtual-rows";
import { t } from "../../i18n";
import { href } from "../../router";
import { spelled } from "../../spelled";
import type { ModelRow } from "../../types";
import { columnsSeen, matrix, type Column, type MatrixRow } from "./matrix";

/** A row's height and a column's width in px, as overview.css has them. */
const ROW = 28;
const COLUMN = 30;

/** The same models by name: which channels have them, and in what light. Scrolls within itself. */
export function MatrixView({ rows }: { rows: ModelRow[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const { columns, rows: lines } = useMemo(() => matrix(rows), [rows]);
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
  return (
    <div ref={scroller} class="matrix" role="table" tabIndex={0} aria-label={t("table.matrix")} aria-rowcount={lines.length + 1} aria-colcount={columns.length + 1} data-testid="matrix">
      <div class="matrix-inner" style={{ "--columns": columns.length }}>
        <div role="rowgroup" class="matrix-head"><Head columns={columns} /></div>
        <VirtualRows count={lines.length} height={ROW} scroller={scroller} rowKey={(index) => lines[index]?.model ?? index}>
          {(index) => {
            const line = lines[index];
            return line !== undefined && <Line line={line} index={index + 2} first={seen.first} end={seen.end} />;
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

function Line({ line, index, first, end }: { line: MatrixRow; index: number; first: number; end: number }) {
  const alone = line.cells.length === 1 ? line.cells[0] : undefined;
  return (
    <div class="matrix-row" role="row" aria-rowindex={index}>
      <div class="matrix-name" role="rowheader">
        <a href={href("model", alone?.row.id ?? line.model)}><Name text={line.model} mono /></a>
      </div>
      {line.cells.map(({ column, row }) => {
        if (column < first || column >= end) return null;
        const label = t("matrix.cell", { model: spelled(row.model_id), channel: spelled(row.channel_name), light: t(`light.${row.light}`) });
        return (
          <div key={row.id} role="cell" aria-colindex={column + 2} class="matrix-cell" style={{ left: `calc(var(--name) + ${column * COLUMN}px)` }}>
            <a href={href("model", row.id)} tabIndex={-1} title={label} aria-label={label}><BareLight state={row.light} /></a>
          </div>
        );
      })}
    </div>
  );
}
