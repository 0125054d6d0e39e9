// Which models the overview shows, in which order: as the address says.
import { LIGHTS, type Light, type ModelRow } from "../../types";

export type Sort =
  | "light" | "model" | "channel" | "latency" | "uptime" | "p50" | "p95" | "ttft" | "failures" | "status" | "seen";
const SORTS: readonly Sort[] = ["light", "model", "channel", "latency", "uptime", "p50", "p95", "ttft", "failures", "status", "seen"];

export interface Filter {
  gateway: string | null;
  channel: number | null;
  /** None: all. */
  lights: Light[];
  withdrawn: boolean;
  search: string;
  /** `null`: as the server has them, by gateway, channel and name. */
  sort: Sort | null;
  descending: boolean;
}

export function filterOf(query: URLSearchParams): Filter {
  const asked = query.get("light")?.split(",") ?? [];
  const channel = query.get("channel") ?? "";
  return {
    gateway: query.get("gateway"),
    channel: /^\d+$/.test(channel) ? Number(channel) : null,
    lights: LIGHTS.filter((light) => asked.includes(light)),
    withdrawn: query.get("withdrawn") === "true",
    search: query.get("search") ?? "",
    sort: SORTS.find((sort) => sort === query.get("sort")) ?? null,
    descending: query.get("desc") === "true",
  };
}

/** Whether anything is left out. */
export function narrows(filter: Filter): boolean {
  return filter.gateway !== null || filter.channel !== null || filter.lights.length > 0 || filter.withdrawn || filter.search !== "";
}

/** Those that the filter lets through. Every word searched for must be in the model's or its channel's name. */
export function select(rows: readonly ModelRow[], filter: Filter): ModelRow[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return rows.filter((row) => {
    if (filter.gateway !== null && row.gateway !== filter.gateway) return false;
    if (filter.channel !== null && row.channel !== filter.channel) return false;
    if (filter.lights.length > 0 && !filter.lights.includes(row.light)) return false;
    if (filter.withdrawn && row.withdrawn === null) return false;
    if (words.length === 0) return true;
    const names = `${row.model_id}\n${row.channel_name}`.toLowerCase();
    return words.every((word) => names.includes(word));
  });
}

const names = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
/** The worst last. */
const ORDER: Record<Light, number> = { up: 0, unknown: 1, degraded: 2, down: 3 };

type Value = number | string | null;
const VALUES: Record<Sort, (row: ModelRow) => Value> = {
  light: (row) => ORDER[row.light],
  model: (row) => row.model_id,
  channel: (row) => row.channel_name,
  latency: (row) => row.avg_latency_24h,
  uptime: (row) => row.uptime_24h,
  p50: (row) => row.p50_ms,
  p95: (row) => row.p95_ms,
  ttft: (row) => row.ttft_p50_ms,
  failures: (row) => row.consecutive_failures,
  status: (row) => row.latest_status,
  seen: (row) => (row.last_seen === null ? null : Date.parse(row.last_seen)),
};

/** In order; what is not known stands last either way, and equals keep the server's order. */
export function sorted(rows: ModelRow[], sort: Sort | null, descending: boolean): ModelRow[] {
  if (sort === null) return descending ? rows.toReversed() : rows;
  const value = VALUES[sort];
  const way = descending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: value(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      return way * compare(a.value, b.value);
    })
    .map(({ row }) => row);
}

function compare(a: number | string, b: number | string): number {
  return typeof a === "number" && typeof b === "number" ? a - b : names.compare(String(a), String(b));
}

/** What a click on a column does: sort by it, the telling end first; again, the other way; again, as it was. */
export function nextSort(filter: Filter, column: Sort): { sort: Sort | null; desc: boolean } {
  const first = column !== "model" && column !== "channel" && column !== "uptime" && column !== "status";
  if (filter.sort !== column) return { sort: column, desc: first };
  return filter.descending === first ? { sort: column, desc: !first } : { sort: null, desc: false };
}
