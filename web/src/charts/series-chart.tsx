// Answers, first tokens and uptime over time, with the window to choose: of one model, of a name, of everything.
import { useCallback, useMemo } from "preact/hooks";
import { ErrorBox, Loading } from "../components/notices";
import { count, duration, percent, utc } from "../format";
import { locale, t } from "../i18n";
import { list } from "../api";
import { useLast } from "../last";
import { useResource } from "../resource";
import { patch, type Query } from "../router";
import type { SeriesPoint } from "../types";
import { Chart } from "./chart";
import type { Palette } from "./palette";
import { seriesOption, type ChartWords } from "./series";
import { bucketMs, bucketOf, parseWindow, slots, totals, WINDOWS, type ChartWindow, type Slot } from "./window";

interface SeriesChartProps {
  /** Below `/api`: `series`, or `models/17/series`. */
  path: string;
  query?: Query;
  /** As the address has it. */
  window: string | null;
  testId?: string;
}

export function SeriesChart({ path, query = {}, window: asked, testId }: SeriesChartProps) {
  const window = parseWindow(asked);
  const whole = { ...query, window, bucket: bucketOf(window) };
  const key = `${path}?${JSON.stringify(whole)}`;
  const { data, error, reload } = useResource(key, async (abort) => {
    const { rows } = await list<SeriesPoint>(path, whole, abort);
    // The axis ends when it was read: only then is an empty bucket one in which nothing was seen.
    return { rows, at: Date.now() };
  });
  const read = useMemo(() => (data === null ? null : { slots: slots(data.rows, window, data.at), window, rows: data.rows }), [data, window]);
  const shown = useLast(read);
  return (
    <section class="panel series" aria-label={t("chart.title")} aria-busy={read === null}>
      <header>
        <h2>{t("chart.title")}</h2>
        {shown !== null && <Summary rows={shown.rows} />}
        <WindowSwitch window={window} />
      </header>
      {error !== null && <ErrorBox error={error} retry={reload} stale={shown !== null} />}
      {shown === null ? error === null && <Loading /> : <Drawn slots={shown.slots} window={shown.window} testId={testId} />}
    </section>
  );
}

function WindowSwitch({ window: chosen }: { window: ChartWindow }) {
  return (
    <div class="segments" role="group" aria-label={t("chart.window")}>
      {WINDOWS.map((window) => (
        <button key={window} type="button" aria-pressed={window === chosen} data-testid={`window-${window}`} onClick={() => patch({ window: window === "24h" ? null : window })}>
          {t(`chart.window.${window}`)}
        </button>
      ))}
    </div>
  );
}

function Summary({ rows }: { rows: SeriesPoint[] }) {
  const sum = totals(rows);
  const values = { up: count(sum.up, locale()), down: count(sum.down, locale()), unknown: count(sum.unknown, locale()) };
  return <p class="faint">{t("chart.summary", { uptime: percent(sum.uptime, locale()), ...values })}</p>;
}

/** The chart's words in the language shown. */
function chartWords(language: string): ChartWords {
  return {
    p50: t("chart.p50"),
    p95: t("chart.p95"),
    ttft: t("chart.ttft"),
    uptime: t("chart.uptime"),
    failed: t("chart.failed"),
    unknown: t("chart.unknown"),
    nothing: t("chart.nothing"),
    observations: ({ up, down, unknown, limited }) => t("chart.observations", { up, down, unknown, limited }),
    ms: (value) => duration(value, language),
    percent: (value) => percent(value, language),
    time: (at) => utc(new Date(at).toISOString()).replace(":00 UTC", " UTC"),
  };
}

function Drawn({ slots: all, window, testId }: { slots: Slot[]; window: ChartWindow; testId?: string }) {
  const language = locale();
  const words = useMemo(() => chartWords(language), [language]);
  const option = useCallback(
    (palette: Palette, still: boolean) => seriesOption(all, bucketMs(window), palette, words, still),
    [all, window, words],
  );
  const seen = all.filter((slot) => slot.point !== null);
  return (
    <>
      <Chart option={option} label={t("chart.label", { count: seen.length })} testId={testId} failed={t("chart.not-loaded")} />
      <p class="faint chart-note">{t("chart.note")}</p>
      <details class="chart-figures">
        <summary>{t("chart.as-table")}</summary>
        <div class="table-scroll">
          <table class="table">
            <thead>
              <tr>{[t("chart.from"), words.uptime, words.p50, words.p95, words.ttft, t("chart.count")].map((name) => <th key={name} scope="col">{name}</th>)}</tr>
            </thead>
            <tbody>
              {seen.toReversed().map(({ at, point }) => point !== null && (
                <tr key={at}>
                  <th scope="row">{words.time(at)}</th>
                  <td class="figure">{words.percent(point.uptime)}</td>
                  <td class="figure">{words.ms(point.p50_ms)}</td>
                  <td class="figure">{words.ms(point.p95_ms)}</td>
                  <td class="figure">{words.ms(point.ttft_p50_ms)}</td>
                  <td>{words.observations(point)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
