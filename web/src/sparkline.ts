// The path of a sparkline: gaps stay gaps.

/** `M0,3 L1,2 …` in a box of `width` × `height`; a point alone is a dot's length of line. */
export function path(values: readonly (number | null)[], width: number, height: number): string {
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0) return "";
  const least = Math.min(...known);
  const most = Math.max(...known);
  const across = values.length > 1 ? width / (values.length - 1) : 0;
  const place = (value: number): number => (most === least ? height / 2 : height - ((value - least) / (most - least)) * height);
  let drawn = "";
  let pen = false;
  values.forEach((value, index) => {
    if (value === null) {
      pen = false;
      return;
    }
    const x = round(index * across);
    const y = round(place(value));
    const alone = !pen && (values[index + 1] ?? null) === null;
    drawn += `${pen ? "L" : "M"}${x},${y}${alone ? "h.01" : ""}`;
    pen = true;
  });
  return drawn;
}

/** Dashes at height `y`, a slot an hour, for the hours that `chosen` picks. */
export function dashes(shares: readonly (number | null)[], width: number, y: number, chosen: (share: number) => boolean): string {
  const slot = width / Math.max(1, shares.length);
  return shares.map((share, hour) => (share !== null && chosen(share) ? `M${round(hour * slot)},${y}h${round(slot * 0.8)}` : "")).join("");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
