/** What probing cost, a bar a day, as ECharts options. Pure. */
import type { BudgetDay } from "../types";
import type { Measure } from "../pages/budget/use";
import type { ChartOption } from "./echarts";
import type { Palette } from "./palette";

export function spendingOption(
  days: readonly BudgetDay[],
  measure: Measure,
  palette: Palette,
  say: (value: number) => string,
  still: boolean,
): ChartOption {
  const text = { color: palette.muted, fontFamily: palette.font, fontSize: 11 };
  return {
    animation: !still,
    animationDuration: 300,
    textStyle: { fontFamily: palette.font },
    grid: { left: 64, right: 12, top: 12, bottom: 24 },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      axisPointer: { type: "shadow" },
      backgroundColor: palette.raised,
      borderColor: palette.line,
      textStyle: { color: palette.text, fontFamily: palette.font, fontSize: 12 },
      valueFormatter: (value) => say(Number(value)),
    },
    xAxis: {
      type: "category",
      data: days.map(({ day }) => day),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: palette.line } },
      // The month and the day are enough of a date in a month.
      axisLabel: { ...text, hideOverlap: true, formatter: (day: string) => day.slice(5) },
    },
    yAxis: {
      type: "value",
      min: 0,
      splitNumber: 3,
      axisLabel: { ...text, formatter: (value: number) => say(value) },
      splitLine: { lineStyle: { color: palette.line } },
    },
    series: [{ type: "bar", data: days.map((day) => day[measure]), color: palette.accent, barMaxWidth: 22 }],
  };
}
