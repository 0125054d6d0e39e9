import { describe, expect, it } from "vitest";
import type { Palette } from "../src/charts/palette";
import { bars, line, seriesOption, tip, type ChartWords } from "../src/charts/series";
import { bucketMs, parseWindow, slots, stateOf, totals } from "../src/charts/window";
import type { SeriesPoint } from "../src/types";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-11-21T14:30:00Z");

function point(at: number, part: Partial<SeriesPoint> = {}): SeriesPoint {
  const empty = { up: 0, down: 0, unknown: 0, limited: 0, uptime: null };
  const times = { p50_ms: null, p95_ms: null, ttft_p50_ms: null, ttft_p95_ms: null };
  return { at: new Date(at).toISOString(), ...empty, ...times, ...part };
}

const palette: Palette = {
  text: "text", muted: "muted", line: "line", raised: "raised", accent: "accent", second: "second", third: "third",
  up: "green", degraded: "yellow", down: "red", unknown: "grey", font: "font",
};

const words: ChartWords = {
  p50: "p50", p95: "p95", ttft: "TTFT", uptime: "Uptime", failed: "Down", unknown: "Unknown", nothing: "nothing seen",
  observations: (p) => `${p.up}/${p.down}/${p.unknown}`,
  ms: (value) => (value === null ? "–" : `${value} ms`),
  percent: (value) => (value === null ? "–" : `${value} %`),
  time: (at) => new Date(at).toISOString(),
};

describe("the window", () => {
  it("takes a word it knows, else a day", () => {
    expect(parseWindow("7d")).toBe("7d");
    expect(parseWindow("365d")).toBe("24h");
    expect(parseWindow(null)).toBe("24h");
  });

  it("has every bucket, with or without observations", () => {
    const at = Date.parse("2026-11-21T10:00:00Z");
    const all = slots([point(at, { up: 1 })], "24h", NOW);
    expect(all).toHaveLength(24);
    expect(all.at(-1)?.at).toBe(Date.parse("2026-11-21T14:00:00Z"));
    expect(all.map((slot) => slot.at)).toEqual([...all].map((slot) => slot.at).sort((a, b) => a - b));
    expect(all.filter((slot) => slot.point !== null).map((slot) => slot.at)).toEqual([at]);
    expect(new Set(all.slice(1).map((slot, i) => slot.at - (all[i]?.at ?? 0)))).toEqual(new Set([HOUR]));
  });

  it("keeps a point that stands off the grid", () => {
    const odd = Date.parse("2026-11-20T21:17:00Z");
    const all = slots([point(odd, { up: 2 })], "24h", NOW);
    expect(all).toHaveLength(25);
    expect(all.find((slot) => slot.at === odd)?.point?.up).toBe(2);
  });

  it("has whole UTC days over a month", () => {
    const all = slots([], "30d", NOW);
    expect(all).toHaveLength(30);
    expect(all.every((slot) => slot.at % bucketMs("30d") === 0)).toBe(true);
  });

  it("counts unknown as neither", () => {
    expect(totals([point(0, { up: 3, down: 1, unknown: 96 })])).toEqual({ up: 3, down: 1, unknown: 96, uptime: 75 });
    expect(totals([point(0, { unknown: 5 })]).uptime).toBeNull();
    expect(stateOf(point(0, { unknown: 5 }))).toBe("unknown");
    expect(stateOf(point(0))).toBeNull();
    expect(stateOf(null)).toBeNull();
    expect(stateOf(point(0, { up: 9, down: 1, unknown: 90 }))).toBe("up");
    expect(stateOf(point(0, { up: 5, down: 5 }))).toBe("degraded");
    expect(stateOf(point(0, { up: 4, down: 6 }))).toBe("down");
  });
});

describe("the lines", () => {
  const at = (i: number) => NOW + i * HOUR;
  it("leave gaps, and dot a value that stands alone", () => {
    const values = [100, null, 300, 400, null];
    const made = line(
      values.map((p50_ms, i) => ({ at: at(i), point: i === 1 ? null : point(at(i), { up: 1, p50_ms }) })),
      (p) => p.p50_ms,
    );
    expect(made.map((item) => item.value[1])).toEqual(values);
    expect(made.map((item) => item.symbol)).toEqual(["circle", "none", "none", "none", "none"]);
  });
});

describe("the bars", () => {
  const made = bars(
    [
      { at: 0, point: point(0, { up: 3, down: 1, unknown: 4 }) },
      { at: 1, point: point(1, { unknown: 4 }) },
      { at: 2, point: null },
      { at: 3, point: point(3, { up: 10 }) },
    ],
    palette,
  );
  it("fill to 100 % of what is known", () => {
    expect(made.up.map((bar) => bar.value[1])).toEqual([75, null, null, 100]);
    expect(made.down.map((bar) => bar.value[1])).toEqual([25, null, null, 0]);
    expect(made.unknown.map((bar) => bar.value[1])).toEqual([null, 100, null, null]);
  });
  it("have the colour of their state", () => {
    expect(made.up.map((bar) => bar.itemStyle.color)).toEqual(["yellow", "yellow", "yellow", "green"]);
  });
});

describe("the chart", () => {
  it("tells a bucket in our own words", () => {
    const seen = point(NOW, { up: 1, down: 1, uptime: 50, p50_ms: 420 });
    expect(tip({ at: NOW, point: seen }, words).split("\n")).toEqual([
      "2026-11-21T14:30:00.000Z", "Uptime  50 %", "p50  420 ms", "p95  –", "TTFT  –", "1/1/0",
    ]);
    expect(tip({ at: NOW, point: null }, words)).toBe("2026-11-21T14:30:00.000Z\nnothing seen");
  });

  it("never connects over a gap, never makes HTML, and stands still when asked to", () => {
    const option = seriesOption(slots([], "7d", NOW), bucketMs("7d"), palette, words, true);
    expect(option.animation).toBe(false);
    expect(option.tooltip).toMatchObject({ renderMode: "richText" });
    const series = Array.isArray(option.series) ? option.series : [];
    const lines = series.filter((one) => one.type === "line");
    expect(lines).toHaveLength(3);
    for (const one of lines) expect(one).toMatchObject({ connectNulls: false });
    expect(seriesOption([], 1, palette, words, false).animation).toBe(true);
  });
});
