/** The free models in an order, and those that match. Pure. */
import type { FreeRow, Light } from "../../types";

export const FREE_SORTS = ["light", "id", "context_length", "uptime", "throughput", "latency_ms", "ends"] as const;
export type FreeSort = (typeof FREE_SORTS)[number];

export function parseSort(text: string | null): FreeSort {
  return FREE_SORTS.find((sort) => sort === text) ?? "light";
}

const RANKS: Record<Light, number> = { up: 0, degraded: 1, down: 2, unknown: 3 };

/** What is best comes first: in a column of figures, most is best, save of times. */
const MOST_FIRST: ReadonlySet<FreeSort> = new Set(["context_length", "uptime", "throughput"]);

/** Whether the largest stands first. */
export const descends = (by: FreeSort, reverse: boolean): boolean => MOST_FIRST.has(by) !== reverse;

/** What is not known stands last, whichever way round. */
export function sorted(rows: readonly FreeRow[], by: FreeSort, reverse: boolean): FreeRow[] {
  const value = (row: FreeRow): number | string | null => (by === "light" ? RANKS[row.light] : row[by]);
  const sign = descends(by, reverse) ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return x === y ? compare(a.id, b.id) : x === null ? 1 : -1;
    return sign * compare(x, y) || compare(a.id, b.id);
  });
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function matching(rows: readonly FreeRow[], search: string): FreeRow[] {
  const wanted = search.trim().toLowerCase();
  return wanted === "" ? [...rows] : rows.filter((row) => row.id.toLowerCase().includes(wanted));
}
