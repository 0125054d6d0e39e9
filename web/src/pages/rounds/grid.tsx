// The run grid: a row a model, a column a round, the newest at the right. Told by sign and colour both.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Name } from "../../components/name";
import { VirtualRows } from "../../components/virtual-rows";
import { percent, utc } from "../../format";
import { locale, t } from "../../i18n";
import { go, href } from "../../router";
import type { Cell, Grid, GridRow, RoundRow } from "../../types";
import { scrollTo, step, type Place } from "../../walk";
import { CELL, GLYPHS, height, padded, ROW } from "./cells";

interface RunGridProps {
  grid: Grid;
  /** The round shown below, by its number. */
  chosen: number | null;
  onChoose: (round: number) => void;
}

export function RunGrid({ grid, chosen, onChoose }: RunGridProps) {
  const { rounds, rows } = grid;
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<Place>({ row: 0, column: rounds.length - 1 });
  const [focused, setFocused] = useState(false);
  const [pointed, setPointed] = useState<Place | null>(null);

  // The newest round is what one looks for: where the grid is wider than its place, it begins at the right.
  useLayoutEffect(() => {
    if (scroller.current !== null) scroller.current.scrollLeft = scroller.current.scrollWidth;
  }, [rounds.length]);
  useEffect(() => {
    const box = scroller.current;
    if (box !== null && focused) box.scrollTop = scrollTo(at.row * ROW, ROW, box.scrollTop, box.clientHeight - HEAD);
  }, [at.row]);

  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== scroller.current) return;
    const here = rows[at.row];
    if (event.key === "Enter" && here !== undefined) go("model", here.id);
    else if (event.key === " ") choose(at.column);
    else {
      const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 0) - HEAD) / ROW) - 1);
      const next = step(event.key, at, rows.length, rounds.length, page);
      if (next === null) return;
      setAt(next);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const choose = (column: number): void => {
    const round = rounds[column];
    if (round !== undefined) onChoose(round.id);
  };
  const point = (event: MouseEvent): void => {
    const cell = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>("[data-column]") : null;
    setPointed(cell === null ? null : { row: Number(cell.dataset.row), column: Number(cell.dataset.column) });
  };
  const shown = pointed ?? (focused ? at : null);
  return (
    <div class="run">
      <div
        ref={scroller} class="run-scroll" role="grid" tabIndex={0} data-testid="run-grid"
        aria-label={t("grid.label", { models: grid.total, rounds: rounds.length })} aria-rowcount={rows.length + 1} aria-colcount={rounds.length + 1}
        aria-activedescendant={focused ? `cell-${at.row}-${at.column}` : undefined}
        style={{ "--run-columns": rounds.length, "--run-cell": `${CELL}px` }}
        onKeyDown={press} onFocus={() => setFocused(true)} onBlur={() => setFocused(false)} onMouseOver={point} onMouseLeave={() => setPointed(null)}
      >
        <div class="run-row run-head" role="row">
          <span class="run-name" role="columnheader">{t("col.model")}</span>
          {rounds.map((round, column) => <RoundHead key={round.id} round={round} column={column} chosen={round.id === chosen} onChoose={() => onChoose(round.id)} />)}
        </div>
        <VirtualRows count={rows.length} height={ROW} scroller={scroller} rowKey={(index) => rows[index]?.id ?? index}>
          {(index) => {
            const row = rows[index];
            return row !== undefined && <ModelCells row={row} index={index} rounds={rounds.length} at={focused && at.row === index ? at.column : -1} />;
          }}
        </VirtualRows>
      </div>
      <footer class="run-foot">
        <p class="run-told" aria-live="polite">{shown === null ? t("grid.hint") : <Told row={rows[shown.row]} round={rounds[shown.column]} column={shown.column} count={rounds.length} />}</p>
        <Legend />
      </footer>
    </div>
  );
}

/** The head's height in px: styles/pages.css has the same. */
const HEAD = 46;

function RoundHead({ round, column, chosen, onChoose }: { round: RoundRow; column: number; chosen: boolean; onChoose: () => void }) {
  const told = roundWords(round);
  const rate = round.ok_rate;
  const tone = rate === null ? "none" : rate >= 90 ? "up" : rate >= 50 ? "degraded" : "down";
  return (
    <span class="run-round" role="columnheader">
      <button type="button" tabIndex={-1} aria-pressed={chosen} title={told} aria-label={told} onClick={onChoose} data-testid="round">
        <span class="run-marks" aria-hidden="true">{round.errors.length > 0 ? "!" : round.changes > 0 ? "±" : round.held > 0 ? "‖" : ""}</span>
        <svg class={`run-rate run-rate-${tone}`} viewBox="0 0 10 20" preserveAspectRatio="none" aria-hidden="true">
          {rate !== null && <rect x={round.full === false ? 3.5 : 1} width={round.full === false ? 3 : 8} y={20 - height(rate)} height={height(rate)} />}
        </svg>
        <span class="run-time" aria-hidden="true">{column % 5 === 4 ? round.started.slice(11, 16) : ""}</span>
      </button>
    </span>
  );
}

/** A round in one line. */
function roundWords(round: RoundRow): string {
  const parts = [
    t("grid.round", { id: round.id }),
    utc(round.started),
    t("grid.ok-rate", { rate: percent(round.ok_rate, locale()) }),
    t("round.changes", { count: round.changes }),
    t("round.held", { count: round.held }),
  ];
  if (round.full === false) parts.push(t("round.again"));
  if (round.errors.length > 0) parts.push(t("round.errors", { count: round.errors.length }));
  return parts.join(" · ");
}

function ModelCells({ row, index, rounds, at }: { row: GridRow; index: number; rounds: number; at: number }) {
  return (
    <div class="run-row" role="row" aria-rowindex={index + 2}>
      <span class="run-name" role="rowheader">
        <a tabIndex={-1} href={href("model", row.id)}><Name text={row.model_id} mono testId="model-name" /></a>
        <Name text={row.channel_name} />
      </span>
      {padded(row, rounds).map((cell, column) => (
        <span
          key={column} id={`cell-${index}-${column}`} role="gridcell" class={`run-cell run-${CLASSES[cell]}${column === at ? " run-at" : ""}`}
          aria-label={cellWord(cell)} data-row={index} data-column={column}
        >
          {GLYPHS[cell]}
        </span>
      ))}
    </div>
  );
}

const CLASSES: Record<Cell, string> = { OK: "ok", "429": "limited", FAIL: "fail", MISS: "miss" };

const cellWord = (cell: Cell): string => t(`cell.${cell}`);

function Told({ row, round, column, count }: { row: GridRow | undefined; round: RoundRow | undefined; column: number; count: number }) {
  const cell = row === undefined ? undefined : padded(row, count)[column];
  if (row === undefined || round === undefined || cell === undefined) return null;
  return (
    <>
      <strong>{cell} {cellWord(cell)}</strong> <Name text={row.model_id} mono /> <Name text={row.channel_name} />{" "}
      <span class="faint">{t("grid.round", { id: round.id })} · {utc(round.started)}</span>
    </>
  );
}

function Legend() {
  const cells: Cell[] = ["OK", "429", "FAIL", "MISS"];
  return (
    <ul class="run-legend" aria-label={t("grid.legend")}>
      {cells.map((cell) => (
        <li key={cell}><span class={`run-cell run-${CLASSES[cell]}`} aria-hidden="true">{GLYPHS[cell]}</span> {cell} <span class="faint">{cellWord(cell)}</span></li>
      ))}
    </ul>
  );
}
