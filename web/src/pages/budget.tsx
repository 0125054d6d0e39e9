// What probing costs: today against its limits, and a month of days.
import { useCallback, useMemo } from "preact/hooks";
import { get } from "../api";
import { Chart } from "../charts/chart";
import type { Palette } from "../charts/palette";
import { spendingOption } from "../charts/spending";
import { EmptyState, ErrorBox, Loading } from "../components/notices";
import { count } from "../format";
import { locale, t } from "../i18n";
import { useResource } from "../resource";
import { patch, type Route } from "../router";
import type { Budget as BudgetRow, BudgetDay, BudgetScope } from "../types";
import { everyDay, MEASURES, uses, type Measure, type Use } from "./budget/use";
import { dollars } from "./budget/dollars";
import "../styles/pages.css";

export default function Budget({ route }: { route: Route }) {
  const { data, error, reload } = useResource("budget", (abort) => get<BudgetRow>("budget", {}, abort));
  const measure = MEASURES.find((known) => known === route.query.get("by")) ?? "requests";
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("page.budget")}</h1>
        {data !== null && <span class="muted">{t("budget.day", { day: data.day })}</span>}
      </header>
      {error !== null && <ErrorBox error={error} retry={reload} stale={data !== null} />}
      {data === null && error === null && <Loading />}
      {data !== null && data.scopes.length === 0 && <EmptyState title={t("budget.none")} hint={t("budget.none.hint")} />}
      {data !== null && <Scopes scopes={data.scopes} />}
      {data !== null && <Days days={data.days} today={data.day} measure={measure} />}
    </div>
  );
}

const say = (measure: Measure, value: number): string => (measure === "cost_usd" ? dollars(value, locale()) : count(value, locale()));

/** What has a limit as bars, and everything together; the rest in a table. */
function Scopes({ scopes }: { scopes: BudgetScope[] }) {
  const isShown = (scope: BudgetScope): boolean => scope.scope === "all" || uses(scope).some((use) => use.limit !== null);
  const rest = scopes.filter((scope) => !isShown(scope));
  return (
    <>
      <div class="scopes">{scopes.filter(isShown).map((scope) => <Scope key={scope.scope} scope={scope} />)}</div>
      {rest.length > 0 && (
        <section class="panel">
          <header><h2>{t("budget.scopes")}</h2></header>
          <div class="table-scroll">
            <table class="table stacked">
              <thead>
                <tr>
                  <th scope="col">{t("budget.scope")}</th>
                  {MEASURES.map((measure) => <th key={measure} scope="col" class="number">{t(`budget.${measure}`)}</th>)}
                </tr>
              </thead>
              <tbody>
                {rest.map((scope) => (
                  <tr key={scope.scope} data-testid="budget-scope">
                    <th scope="row" title={scope.scope}><bdi>{scopeWord(scope.scope)}</bdi></th>
                    {MEASURES.map((measure) => <td key={measure} class="number" data-label={t(`budget.${measure}`)}>{say(measure, scope[measure])}</td>)}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </>
  );
}

function Scope({ scope }: { scope: BudgetScope }) {
  return (
    <section class="panel" data-testid="budget-scope">
      <header><h2 title={scope.scope}><bdi>{scopeWord(scope.scope)}</bdi></h2></header>
      <dl class="uses">{uses(scope).map((use) => <Bar key={use.measure} use={use} />)}</dl>
    </section>
  );
}

/** So much of a fingerprint tells accounts apart; the whole of it stands in the title. */
const FINGERPRINT = 8;

/** `all`, `free:HOST`, or the fingerprint of an account. */
function scopeWord(scope: string): string {
  if (scope === "all") return t("budget.scope.all");
  if (scope.startsWith("free:")) return t("budget.scope.free", { host: scope.slice("free:".length) });
  return t("budget.scope.account", { account: scope.slice(0, FINGERPRINT) });
}

function Bar({ use }: { use: Use }) {
  const { measure, used, limit, share, level } = use;
  const name = t(`budget.${measure}`);
  return (
    <div class={`use use-${level}`}>
      <dt>{name}</dt>
      <dd>
        <span class="figure"><strong>{say(measure, used)}</strong> {limit === null ? <span class="faint">{t("budget.unlimited")}</span> : t("budget.of", { limit: say(measure, limit) })}</span>
        {level !== "fine" && <span class={level === "full" ? "tag tag-down" : "tag tag-degraded"}>{t(`budget.${level}`)}</span>}
        {share !== null && <progress max={1} value={share} aria-label={name} />}
      </dd>
    </div>
  );
}

function Days({ days, today, measure }: { days: BudgetDay[]; today: string; measure: Measure }) {
  const language = locale();
  const all = useMemo(() => everyDay(days, today), [days, today]);
  const option = useCallback(
    (palette: Palette, still: boolean) => spendingOption(all, measure, palette, (value) => say(measure, value), still),
    [all, measure, language],
  );
  const sum = all.reduce((total, day) => total + day[measure], 0);
  return (
    <section class="panel">
      <header>
        <h2>{t("budget.days")}</h2>
        <span class="faint">{t("budget.sum", { sum: say(measure, sum) })}</span>
        <div class="segments" role="group" aria-label={t("budget.by")}>
          {MEASURES.map((one) => (
            <button key={one} type="button" aria-pressed={one === measure} onClick={() => patch({ by: one === "requests" ? null : one })}>{t(`budget.${one}`)}</button>
          ))}
        </div>
      </header>
      <Chart option={option} label={t("budget.label", { sum: say(measure, sum) })} testId="budget-chart" failed={t("chart.not-loaded")} low />
    </section>
  );
}
