import { describe, expect, it } from "vitest";
import { counts, diff, isRepair } from "../src/pages/changes/diff";
import { height, padded } from "../src/pages/rounds/cells";
import { scrollTo, step } from "../src/walk";
import { everyDay, uses } from "../src/pages/budget/use";
import { dollars } from "../src/pages/budget/dollars";
import { descends, matching, parseSort, sorted } from "../src/pages/free/order";
import { deedTo } from "../src/pages/model/touched";
import type { FreeRow, GridRow } from "../src/types";

describe("a change's diff", () => {
  const lines = diff({
    before: ["a", "b", "c"],
    after: ["a", "d", "e"],
    removed: [{ model: "b", reason: "gone 2× over 10m" }],
    restored: ["e"],
  });
  it("tells every name once, in the list's order", () => {
    expect(lines).toEqual([
      { kind: "kept", model: "a", reason: "" },
      { kind: "removed", model: "b", reason: "gone 2× over 10m" },
      { kind: "removed", model: "c", reason: "" },
      { kind: "added", model: "d", reason: "" },
      { kind: "restored", model: "e", reason: "" },
    ]);
    expect(counts(lines)).toEqual({ removed: 2, added: 1, restored: 1 });
  });
  it("takes the lists' word, not the journal's", () => {
    const stays = diff({ before: ["a"], after: ["a"], removed: [{ model: "a", reason: "gone" }], restored: [] });
    expect(stays).toEqual([{ kind: "kept", model: "a", reason: "" }]);
    expect(isRepair(stays)).toBe(true);
    expect(isRepair(lines)).toBe(false);
  });
  it("tells a name that stands twice once", () => {
    expect(diff({ before: ["a", "a"], after: ["a"], removed: [], restored: [] })).toHaveLength(1);
  });
});

describe("the run grid", () => {
  it("is walked by keyboard, and not out of", () => {
    expect(step("ArrowUp", { row: 0, column: 3 }, 9, 5, 4)).toEqual({ row: 0, column: 3 });
    expect(step("j", { row: 7, column: 3 }, 9, 5, 4)).toEqual({ row: 8, column: 3 });
    expect(step("PageDown", { row: 7, column: 3 }, 9, 5, 4)).toEqual({ row: 8, column: 3 });
    expect(step("End", { row: 7, column: 0 }, 9, 5, 4)).toEqual({ row: 7, column: 4 });
    expect(step("x", { row: 7, column: 0 }, 9, 5, 4)).toBeNull();
  });
  it("shows a share that is not quite nothing", () => {
    expect([0, 0.4, 50, 100].map(height)).toEqual([1, 2, 10, 20]);
  });
  it("scrolls no further than it must", () => {
    expect(scrollTo(5 * 26, 26, 0, 260)).toBe(0);
    expect(scrollTo(12 * 26, 26, 0, 260)).toBe(3 * 26);
    expect(scrollTo(2 * 26, 26, 5 * 26, 260)).toBe(2 * 26);
  });
  it("fills the oldest of a short row", () => {
    const row: GridRow = { id: 1, gateway: "g", channel: 1, channel_name: "c", model_id: "m", cells: ["OK", "429"] };
    expect(padded(row, 4)).toEqual(["MISS", "MISS", "OK", "429"]);
    expect(padded(row, 1)).toEqual(["429"]);
    expect(padded(row, 0)).toEqual([]);
  });
});

describe("the budget", () => {
  const none = { limit_requests: null, limit_tokens: null, limit_cost_usd: null };
  it("is near at four fifths, and full from its limit on", () => {
    const scope = { scope: "all", requests: 80, tokens: 10, cost_usd: 3, limit_requests: 100, limit_tokens: null, limit_cost_usd: 2 };
    expect(uses(scope).map(({ share, level }) => [share, level])).toEqual([[0.8, "near"], [null, "fine"], [1, "full"]]);
  });
  it("of nothing is used up at once", () => {
    const scope = { scope: "all", requests: 0, tokens: 0, cost_usd: 0, ...none, limit_requests: 0 };
    expect(uses(scope)[0]).toMatchObject({ share: 1, level: "full" });
  });
  it("shows a day without spending as a day", () => {
    const spent = { day: "2026-11-20", requests: 5, tokens: 6, cost_usd: 7 };
    const days = everyDay([spent], "2026-11-21", 3);
    expect(days.map((day) => day.day)).toEqual(["2026-11-19", "2026-11-20", "2026-11-21"]);
    expect(days[1]).toEqual(spent);
    expect(days[2]?.requests).toBe(0);
    // 29 February and a month's end are days like any other.
    expect(everyDay([], "2028-03-01", 2).map((day) => day.day)).toEqual(["2028-02-29", "2028-03-01"]);
  });
});

describe("money", () => {
  it("of fractions of a cent is not nothing", () => {
    expect(dollars(0.0004, "en-GB")).toBe("$0.0004");
    expect(dollars(0, "en-GB")).toBe("$0.00");
    expect(dollars(1234.5, "en-GB")).toBe("$1,234.50");
  });
});

describe("what a change did to a model", () => {
  const lists = { before: ["a", "b"], after: ["a", "c"], removed: [{ model: "b", reason: "gone" }], restored: ["c"] };
  it("is told of those it touched", () => {
    expect(["a", "b", "c", "x"].map((model) => deedTo(lists, model))).toEqual([null, "removed", "restored", null]);
  });
});

describe("free models", () => {
  const row = (id: string, part: Partial<FreeRow>): FreeRow => ({
    id, name: id, context_length: null, modalities: "text→text", free_kind: "suffix", light: "unknown", why: "", uptime: null, throughput: null,
    latency_ms: null, ends: null, probed_at: null, probe_outcome: null, usable: null, ...part,
  });
  const rows = [row("b", { light: "down", uptime: 40, latency_ms: 90 }), row("a", { light: "up", uptime: 99, latency_ms: 400 }), row("c", {})];
  const ids = (list: FreeRow[]) => list.map(({ id }) => id).join("");
  it("stand best first, the unknown last either way", () => {
    expect(ids(sorted(rows, "light", false))).toBe("abc");
    expect(ids(sorted(rows, "uptime", false))).toBe("abc");
    expect(ids(sorted(rows, "uptime", true))).toBe("bac");
    expect(ids(sorted(rows, "latency_ms", false))).toBe("bac");
    expect([descends("uptime", false), descends("latency_ms", false)]).toEqual([true, false]);
  });
  it("are found whatever the case; an unknown order is the usual one", () => {
    expect(ids(matching(rows, " A "))).toBe("a");
    expect(parseSort("constructor")).toBe("light");
  });
});
