/** The run grid: what its cells and rounds look like. Pure. */
import type { Cell, GridRow } from "../../types";

/** A row's height and a cell's width, in CSS pixels; styles/pages.css has the same numbers. */
export const ROW = 26;
export const CELL = 22;

/** What stands in a cell besides its colour. */
export const GLYPHS: Record<Cell, string> = { OK: "✓", "429": "~", FAIL: "✕", MISS: "·" };

/** Cells as many as there are rounds: a row that is too short lacks the oldest. */
export function padded(row: GridRow, rounds: number): Cell[] {
  const missing: Cell[] = Array.from({ length: Math.max(0, rounds - row.cells.length) }, () => "MISS");
  return [...missing, ...row.cells.slice(Math.max(0, row.cells.length - rounds))];
}

/** A share in percent as a bar of 20: whatever is not quite nothing can be seen. */
export function height(share: number): number {
  return share <= 0 ? 1 : Math.max(2, Math.min(20, share / 5));
}
