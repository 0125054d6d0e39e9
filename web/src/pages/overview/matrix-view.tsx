import { useMemo, useRef } from "preact/hooks";
import { Light } from "../../components/light";
import { Name } from "../../components/name";
import { VirtualRows } from "../../components/virtual-rows";
import { t } from "../../i18n";
import { href } from "../../router";
import type { ModelRow } from "../../types";
import { matrix } from "./matrix";

/** A row's height and a column's width in px, as overview.css has them. */
const ROW = 28;
const COLUMN = 30;

/** The same models by name: which channels have them, and in what light. Scrolls within itself. */
export function MatrixView({ rows }: { rows: ModelRow[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const { columns, rows: lines } = useMemo(() => matrix(rows), [rows]);
  return (
    <div ref={scroller} class="matrix" role="table" tabIndex={0} aria-label={t("table.matrix")} aria-rowcount={lines.length + 1} aria-colcount={columns.length + 1} data-testid="matrix">
      <div class="matrix-inner" style={{ "--columns": columns.length }}>
        <div class="matrix-head" role="row" aria-rowindex={1}>
          <div class="matrix-name" role="columnheader">{t("col.model")}</div>
          {columns.map((column) => (
            <div key={`${column.gateway} ${column.channel}`} class="matrix-channel" role="columnheader">
              <a href={href("overview", null, { gateway: column.gateway, channel: column.channel })} tabIndex={-1}><Name text={column.name} /></a>
            </div>
          ))}
        </div>
        <VirtualRows count={lines.length} height={ROW} scroller={scroller} rowKey={(index) => lines[index]?.model ?? index}>
          {(index) => {
            const line = lines[index];
            return line !== undefined && (
              <div class="matrix-row" role="row" aria-rowindex={index + 2}>
                <div class="matrix-name" role="rowheader">
                  <a href={href("model", line.cells.length === 1 ? line.cells[0]?.row.id : line.model)}><Name text={line.model} mono /></a>
                </div>
                {line.cells.map(({ column, row }) => (
                  <div key={row.id} role="cell" aria-colindex={column + 2} class="matrix-cell" style={{ insetInlineStart: `calc(var(--name) + ${column * COLUMN}px)` }}>
                    <a href={href("model", row.id)} tabIndex={-1}>
                      <Light state={row.light} label={t("matrix.cell", { model: row.model_id, channel: row.channel_name, light: t(`light.${row.light}`) })} />
                    </a>
                  </div>
                ))}
              </div>
            );
          }}
        </VirtualRows>
      </div>
    </div>
  );
}
