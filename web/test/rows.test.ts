import { describe, expect, it } from "vitest";
import { filterOf, narrows, nextSort, select, sorted, type Filter } from "../src/pages/overview/rows";
import { columnsSeen, matrix } from "../src/pages/overview/matrix";
import type { ModelRow } from "../src/types";

const row = (change: Partial<ModelRow>): ModelRow => ({
  id: 1, gateway: "main", channel: 1, channel_name: "Azure", model_id: "gpt-4o", listed: true, withdrawn: null, light: "up",
  latest_status: "OK", outcome: "ok", status: 200, detail: "", last_seen: null, since: null, next_probe: null, uptime_24h: null,
  avg_latency_24h: null, p50_ms: null, p95_ms: null, ttft_p50_ms: null, consecutive_failures: 0, sparkline_data: [], uptime_hours: [],
  ...change,
});
const filter = (search: string): Filter => filterOf(new URLSearchParams(search));
const ids = (rows: ModelRow[]): number[] => rows.map(({ id }) => id);

const ROWS = [
  row({ id: 1, model_id: "openai/gpt-4o", p50_ms: 900, last_seen: "2026-11-21T10:00:00Z" }),
  row({ id: 2, model_id: "openai/gpt-10", light: "down", p50_ms: null, consecutive_failures: 3, channel: 2, channel_name: "Relay HK" }),
  row({ id: 3, model_id: "Qwen/QWEN3", light: "degraded", p50_ms: 100, gateway: "edge", last_seen: "2026-11-21T11:00:00Z" }),
  row({ id: 4, model_id: "openai/gpt-9", light: "unknown", p50_ms: 900, withdrawn: { at: "", outcome: "", count: 1, since: "", reason: "" } }),
];

describe("select", () => {
  it.each([
    ["", [1, 2, 3, 4]],
    ["gateway=edge", [3]],
    ["channel=2", [2]],
    ["gateway=edge&channel=2", []],
    ["light=down,degraded", [2, 3]],
    ["light=purple", [1, 2, 3, 4]],
    ["withdrawn=true", [4]],
    ["search=qwen", [3]],
    ["search=gpt+relay", [2]],
    ["search=.*", []],
  ])("%j lets %j through", (search, expected) => {
    expect(ids(select(ROWS, filter(search)))).toEqual(expected);
  });

  it("knows when it leaves anything out", () => {
    expect(narrows(filter("sort=p50&view=matrix"))).toBe(false);
    for (const search of ["gateway=a", "channel=1", "light=up", "withdrawn=true", "search=x"]) expect(narrows(filter(search))).toBe(true);
  });
});

describe("sorted", () => {
  it("puts what is not known last, whichever way, and keeps equals in order", () => {
    expect(ids(sorted(ROWS, "p50", false))).toEqual([3, 1, 4, 2]);
    expect(ids(sorted(ROWS, "p50", true))).toEqual([1, 4, 3, 2]);
    expect(ids(sorted(ROWS, "seen", true))).toEqual([3, 1, 2, 4]);
  });

  it("counts numbers in names, and puts the worst light last", () => {
    expect(ids(sorted(ROWS, "model", false))).toEqual([1, 4, 2, 3]);
    expect(ids(sorted(ROWS, "light", true))).toEqual([2, 3, 4, 1]);
  });

  it("leaves the rows it is given alone", () => {
    const before = ids(ROWS);
    sorted(ROWS, "failures", true);
    sorted(ROWS, null, true);
    expect(ids(ROWS)).toEqual(before);
  });
});

it("a column turns round, and then lets go", () => {
  expect(nextSort(filter(""), "failures")).toEqual({ sort: "failures", desc: true });
  expect(nextSort(filter("sort=failures&desc=true"), "failures")).toEqual({ sort: "failures", desc: false });
  expect(nextSort(filter("sort=failures"), "failures")).toEqual({ sort: null, desc: false });
  expect(nextSort(filter("sort=failures"), "uptime")).toEqual({ sort: "uptime", desc: false });
});

it("the matrix has a row a name and a column a channel of a gateway", () => {
  const found = matrix([row({ id: 1 }), row({ id: 2, channel: 2 }), row({ id: 3, gateway: "edge" }), row({ id: 4, model_id: "b", channel: 2 })]);
  expect(found.columns.map(({ gateway, channel }) => `${gateway}/${channel}`)).toEqual(["main/1", "main/2", "edge/1"]);
  expect(found.rows.map(({ model, cells }) => [model, cells.map(({ column, row: { id } }) => [column, id])])).toEqual([
    ["gpt-4o", [[0, 1], [1, 2], [2, 3]]],
    ["b", [[1, 4]]],
  ]);
});

it("the matrix draws every column on the screen, and not many more", () => {
  expect(columnsSeen(0, 1000, 30)).toEqual({ first: 0, end: 40 });
  for (let left = 0; left < 6000; left += 37) {
    const { first, end } = columnsSeen(left, 1000, 30);
    expect(first * 30).toBeLessThanOrEqual(left);
    expect(end * 30).toBeGreaterThanOrEqual(left + 1000);
    expect(end - first).toBeLessThanOrEqual(60);
  }
});
