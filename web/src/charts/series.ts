/**
 * A time series as ECharts options: answers and first tokens as lines above, uptime as bars below. Pure.
 *
 * Not one text of the API goes in here: tooltips hold numbers and our own words only, drawn as rich text on the canvas.
 */
import { stateOf, type Slot } from "./window";
import type { Palette } from "./palette";
import type { ChartOption } from "./echarts";
import type { SeriesPoint } from "../types";

/** The words of the chart, in the reader's language. */
export interface ChartWords {
  p50: string;
  p95: string;
  ttft: string;
  uptime: string;
  failed: string;
  unknown: string;
  nothing: string;
  /** "12 up, 3 down, 4 say nothing (2 limited)" */
  observations: (point: SeriesPoint) => string;
  ms: (value: number | null) => string;
  percent: (value: number | null) => string;
  time: (at: number) => string;
}

type Value = [number, number | null];
interface LineItem {
  value: Value;
  symbol: "circle" | "none";
}
interface BarItem {
  value: Value;
  itemStyle: { color: string };
}

/** A line's items. One that stands between two gaps would not be seen: it gets a dot. */
export function line(slots: readonly Slot[], read: (point: SeriesPoint) => number | null): LineItem[] {
  const values = slots.map(({ point }) => (point === null ? null : read(point)));
  return slots.map(({ at }, i) => {
    const value = values[i] ?? null;
    const alone = value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null;
    return { value: [at, value], symbol: alone ? "circle" : "none" };
  });
}

export interface Bars {
  up: BarItem[];
  down: BarItem[];
  unknown: BarItem[];
}

/**
 * The bars of a bucket: what was up and what was down fill it to 100 % of what is known; a bucket of which nothing is
 * known is hatched; one without observations stays empty.
 */
export function bars(slots: readonly Slot[], palette: Palette): Bars {
  const result: Bars = { up: [], down: [], unknown: [] };
  for (const { at, point } of slots) {
    const state = stateOf(point);
    const known = point === null ? 0 : point.up + point.down;
    const share = (count: number): number | null => (known === 0 ? null : (100 * count) / known);
    const put = (into: BarItem[], value: number | null, color: string) =>
      into.push({ value: [at, value], itemStyle: { color } });
    put(result.up, point === null ? null : share(point.up), state === "up" ? palette.up : palette.degraded);
    put(result.down, point === null ? null : share(point.down), palette.down);
    put(result.unknown, state === "unknown" ? 100 : null, palette.unknown);
  }
  return result;
}

/** What is told of one bucket. */
export function tip(slot: Slot, words: ChartWords): string {
  const { at, point } = slot;
  const lines = [words.time(at)];
  if (point === null || stateOf(point) === null) lines.push(words.nothing);
  else {
    const rows: [string, string][] = [
      [words.uptime, words.percent(point.uptime)],
      [words.p50, words.ms(point.p50_ms)],
      [words.p95, words.ms(point.p95_ms)],
      [words.ttft, words.ms(point.ttft_p50_ms)],
    ];
    lines.push(...rows.map(([name, value]) => `${name}  ${value}`), words.observations(point));
  }
  return lines.join("\n");
}

const MS_SPLIT = 4;

/** The whole chart; `step`: a bucket's length in ms, `still`: without motion. */
export function seriesOption(
  slots: readonly Slot[],
  step: number,
  palette: Palette,
  words: ChartWords,
  still: boolean,
): ChartOption {
  const stacks = bars(slots, palette);
  const common = { type: "bar" as const, stack: "uptime", xAxisIndex: 1, yAxisIndex: 1, barWidth: "78%" };
  const text = { color: palette.muted, fontFamily: palette.font, fontSize: 11 };
  // Half a bucket on either side, so that the first and the last bar are whole.
  const min = (slots[0]?.at ?? 0) - step / 2;
  const max = (slots.at(-1)?.at ?? 1) + step / 2;
  const time = { type: "time" as const, min, max, axisLine: { lineStyle: { color: palette.line } } };
  const byTime = new Map(slots.map((slot) => [slot.at, slot]));
  return {
    animation: !still,
    animationDuration: 300,
    useUTC: true,
    textStyle: { fontFamily: palette.font },
    legend: {
      top: 0,
      left: 0,
      icon: "roundRect",
      itemWidth: 14,
      itemHeight: 4,
      textStyle: { ...text, color: palette.text },
      inactiveColor: palette.unknown,
      data: [words.p50, words.p95, words.ttft],
    },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: palette.raised,
      borderColor: palette.line,
      textStyle: { color: palette.text, fontFamily: palette.font, fontSize: 12 },
      formatter: (params: unknown) => {
        const slot = byTime.get(timeOf(params));
        return slot ? tip(slot, words) : "";
      },
    },
    axisPointer: { link: [{ xAxisIndex: "all" }], lineStyle: { color: palette.muted } },
    grid: [
      { left: 56, right: 12, top: 34, height: "54%" },
      { left: 56, right: 12, bottom: 26, height: "17%" },
    ],
    xAxis: [
      { ...time, gridIndex: 0, axisLabel: { show: false }, axisTick: { show: false } },
      { ...time, gridIndex: 1, axisLabel: { ...text, hideOverlap: true, formatter: { day: "{MM}-{dd}" } }, axisTick: { show: false } },
    ],
    yAxis: [
      {
        type: "value",
        gridIndex: 0,
        min: 0,
        splitNumber: MS_SPLIT,
        axisLabel: { ...text, formatter: (value: number) => words.ms(value) },
        splitLine: { lineStyle: { color: palette.line } },
      },
      {
        type: "value",
        gridIndex: 1,
        min: 0,
        max: 100,
        interval: 50,
        axisLabel: { ...text, formatter: (value: number) => `${value} %` },
        splitLine: { lineStyle: { color: palette.line } },
      },
    ],
    series: [
      lineSeries(words.p50, line(slots, (point) => point.p50_ms), palette.accent, "solid"),
      lineSeries(words.p95, line(slots, (point) => point.p95_ms), palette.second, "solid"),
      lineSeries(words.ttft, line(slots, (point) => point.ttft_p50_ms), palette.third, "dashed"),
      { ...common, name: words.uptime, data: stacks.up },
      { ...common, name: words.failed, data: stacks.down },
      { ...common, name: words.unknown, data: hatched(stacks.unknown, palette) },
    ],
  };
}

function lineSeries(name: string, data: LineItem[], color: string, type: "solid" | "dashed") {
  return {
    type: "line" as const,
    name,
    data,
    color,
    connectNulls: false,
    showSymbol: true,
    symbolSize: 5,
    lineStyle: { width: 2, type, color },
    emphasis: { disabled: true },
  };
}

/** Hatching tells "nothing known" from a colour that cannot be told apart. */
function hatched(items: BarItem[], palette: Palette) {
  const decal = { color: palette.raised, dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -Math.PI / 4 };
  return items.map((item) => ({ ...item, itemStyle: { ...item.itemStyle, decal } }));
}

function timeOf(params: unknown): number {
  const first: unknown = Array.isArray(params) ? params[0] : params;
  if (typeof first !== "object" || first === null || !("value" in first) || !Array.isArray(first.value)) return NaN;
  return Number(first.value[0]);
}
