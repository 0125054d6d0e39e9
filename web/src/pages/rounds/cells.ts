/** The run grid: how the keyboard goes through it, and how far it scrolls. Pure. */
import type { Cell, GridRow } from "../../types";

/** A row's height and a cell's width, in CSS pixels; styles/pages.css has the same numbers. */
export const ROW = 26;
export const CELL = 22;

/** What stands in a cell besides its colour. */
export const GLYPHS: Record<Cell, string> = { OK: "✓", "429": "~", FAIL: "✕", MISS: "·" };

export interface Place {
  row: number;
  column: number;
}

/** Where a key leads from there; `null`: the key is not ours. */
export function step(key: string, from: Place, rows: number, columns: number, page: number): Place | null {
  const to = (row: number, column: number): Place => ({
    row: Math.max(0, Math.min(rows - 1, row)),
    column: Math.max(0, Math.min(columns - 1, column)),
  });
  switch (key) {
    case "ArrowUp":
    case "k":
      return to(from.row - 1, from.column);
    case "ArrowDown":
    case "j":
      return to(from.row + 1, from.column);
    case "ArrowLeft":
    case "h":
      return to(from.row, from.column - 1);
    case "ArrowRight":
    case "l":
      return to(from.row, from.column + 1);
    case "PageUp":
      return to(from.row - page, from.column);
    case "PageDown":
      return to(from.row + page, from.column);
    case "Home":
      return to(from.row, 0);
    case "End":
      return to(from.row, columns - 1);
    default:
      return null;
  }
}

/** How far to scroll so that a row can be seen whole. */
export function scrollTo(row: number, scrolled: number, height: number): number {
  const top = row * ROW;
  if (top < scrolled) return top;
  return top + ROW > scrolled + height ? top + ROW - height : scrolled;
}

/** Cells as many as there are rounds: a row that is too short lacks the oldest. */
export function padded(row: GridRow, rounds: number): Cell[] {
  const missing: Cell[] = Array.from({ length: Math.max(0, rounds - row.cells.length) }, () => "MISS");
  return [...missing, ...row.cells.slice(Math.max(0, row.cells.length - rounds))];
}

/** A share in percent as a bar of 20: whatever is not quite nothing can be seen. */
export function height(share: number): number {
  return share <= 0 ? 1 : Math.max(2, Math.min(20, share / 5));
}
