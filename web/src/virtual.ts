// Which rows of a long list are on the screen. Rows are equally high, save one that may be open.

export interface Span {
  /** The first row to draw. */
  first: number;
  /** The first row not to draw any more. */
  end: number;
}

export interface Rows {
  count: number;
  /** Pixels. */
  height: number;
  /** The open row; -1: none. */
  open: number;
  /** So many pixels higher is the open row. */
  extra: number;
}

/** Where a row begins, from the list's top (px). */
export function top(rows: Rows, index: number): number {
  return index * rows.height + (rows.open >= 0 && index > rows.open ? rows.extra : 0);
}

/** How high the whole list is (px). */
export function whole(rows: Rows): number {
  return top(rows, rows.count);
}

/** The rows between two heights from the list's top, and a few around them; a few also where none is between. */
export function span(rows: Rows, from: number, until: number, around = 8): Span {
  const first = clamp(rowAt(rows, from) - around, 0, Math.max(0, rows.count - around));
  const end = clamp(rowAt(rows, until) + 1 + around, Math.min(around, rows.count), rows.count);
  return { first, end };
}

/** The row at that height. */
export function rowAt(rows: Rows, height: number): number {
  const { open, extra } = rows;
  if (open >= 0 && height >= (open + 1) * rows.height) {
    return Math.max(open, Math.floor((height - extra) / rows.height));
  }
  return Math.floor(height / rows.height);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
