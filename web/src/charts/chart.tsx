// A chart on the page: loaded when it is needed, drawn again when the theme, its size or its data change.
import { useEffect, useRef, useState } from "preact/hooks";
import { dark } from "../theme";
import type { ChartOption, ECharts } from "./echarts";
import { readPalette, type Palette } from "./palette";

export interface ChartProps {
  /** The options in these colours; `still`: the reader asked for no motion. Stable between redraws (useCallback). */
  option: (palette: Palette, still: boolean) => ChartOption;
  /** What a reader who sees no chart is told of it. */
  label: string;
  testId?: string;
  /** Less high than usual. */
  low?: boolean;
  /** Shown where the chart cannot be loaded. */
  failed: string;
}

export function Chart({ option, label, testId, failed, low = false }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const isDark = dark.value;

  useEffect(() => {
    let gone = false;
    const resized = new ResizeObserver(() => chart.current?.resize());
    void import("./echarts").then(
      ({ init }) => {
        if (gone || place.current === null) return;
        chart.current = init(place.current);
        resized.observe(place.current);
        setState("ready");
      },
      () => gone || setState("failed"),
    );
    return () => {
      gone = true;
      resized.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // The lines are drawn anew; what the reader chose (a line put out, a tooltip) stays over a refresh.
    chart.current?.setOption(option(readPalette(), still), { replaceMerge: ["series"] });
  }, [option, isDark, state]);

  return (
    <div class={low ? "chart chart-low" : "chart"} role="img" aria-label={label} data-testid={testId} data-state={state}>
      {state === "failed" ? <p class="chart-failed">{failed}</p> : <div class="chart-canvas" ref={place} />}
    </div>
  );
}
