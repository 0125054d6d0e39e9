/** How the keyboard goes through a grid that scrolls within itself, and how far it scrolls. Pure. */

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

/** How far to scroll so that what begins at `from` and is so long can be seen whole, of a place with so much room. All in px. */
export function scrollTo(from: number, length: number, scrolled: number, room: number): number {
  if (from < scrolled) return from;
  return from + length > scrolled + room ? from + length - room : scrolled;
}
