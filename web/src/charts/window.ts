/** Which stretch of time a chart shows, and the buckets it falls into. Pure. */
import type { SeriesPoint } from "../types";

export const WINDOWS = ["24h", "7d", "30d"] as const;
export type ChartWindow = (typeof WINDOWS)[number];

const HOUR = 3_600_000;

/** A bucket short enough to show a bad hour, long enough that a round every few hours still makes a line. */
const BUCKETS: Record<ChartWindow, { hours: number; bucket: "1h" | "6h" | "1d"; bucketHours: number }> = {
  "24h": { hours: 24, bucket: "1h", bucketHours: 1 },
  "7d": { hours: 7 * 24, bucket: "6h", bucketHours: 6 },
  "30d": { hours: 30 * 24, bucket: "1d", bucketHours: 24 },
};

export function parseWindow(text: string | null | undefined): ChartWindow {
  return WINDOWS.find((window) => window === text) ?? "24h";
}

export const bucketOf = (window: ChartWindow): "1h" | "6h" | "1d" => BUCKETS[window].bucket;
export const bucketMs = (window: ChartWindow): number => BUCKETS[window].bucketHours * HOUR;

/** One place on the time axis: `point` is null where nothing was observed. */
export interface Slot {
  at: number;
  point: SeriesPoint | null;
}

/**
 * Every bucket of the window that ends with the bucket of `now` (as the API has it), oldest first, with or without observations: the API leaves empty ones out, and a chart
 * that did the same would draw a line across the gap. A point that stands off the grid keeps its own place.
 */
export function slots(points: readonly SeriesPoint[], window: ChartWindow, now: number): Slot[] {
  const step = bucketMs(window);
  const last = Math.floor(now / step) * step;
  const first = last + step - BUCKETS[window].hours * HOUR;
  const byTime = new Map<number, SeriesPoint | null>();
  for (let at = first; at <= last; at += step) byTime.set(at, null);
  for (const point of points) {
    const at = Date.parse(point.at);
    if (Number.isFinite(at)) byTime.set(at, point);
  }
  return [...byTime].map(([at, point]) => ({ at, point })).sort((a, b) => a.at - b.at);
}

/** What a bucket shows: `unknown` where observations say neither, null where there are none. */
export type SlotState = "up" | "degraded" | "down" | "unknown";

export function stateOf(point: SeriesPoint | null): SlotState | null {
  if (point === null || point.up + point.down + point.unknown === 0) return null;
  const known = point.up + point.down;
  if (known === 0) return "unknown";
  const uptime = (100 * point.up) / known;
  return uptime >= 90 ? "up" : uptime >= 50 ? "degraded" : "down";
}

/** Sums over a whole window, for the line above the chart. */
export interface Totals {
  up: number;
  down: number;
  unknown: number;
  /** In percent, of those that say anything. */
  uptime: number | null;
}

export function totals(points: readonly SeriesPoint[]): Totals {
  const sum = (of: (point: SeriesPoint) => number) => points.reduce((total, point) => total + of(point), 0);
  const [up, down, unknown] = [sum((p) => p.up), sum((p) => p.down), sum((p) => p.unknown)];
  return { up, down, unknown, uptime: up + down === 0 ? null : (100 * up) / (up + down) };
}
