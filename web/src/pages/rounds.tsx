// The rounds: how the fleet does over time, and model by model what each of the latest rounds showed.
import { get } from "../api";
import { SeriesChart } from "../charts/series-chart";
import { EmptyState, ErrorBox, Loading } from "../components/notices";
import { Pager } from "../components/pager";
import { t } from "../i18n";
import { useLast } from "../last";
import { useResource } from "../resource";
import { patch, type Route } from "../router";
import { LIGHTS, type GatewayRow, type Grid } from "../types";
import { GatewayFilter } from "./acts/gateway-filter";
import { SearchField } from "./acts/search-field";
import { Transitions } from "./model/history";
import { RoundDetail } from "./rounds/detail";
import { RunGrid } from "./rounds/grid";
import "../styles/pages.css";

const ROUNDS = 30;
/** The most that the server gives away at once. */
const LIMIT = 1000;

export default function Rounds({ route }: { route: Route }) {
  const gateways = useResource("gateways", (abort) => get<GatewayRow[]>("gateways", {}, abort));
  // Rounds are a gateway's own: those of two side by side would each miss all models of the other.
  const gateway = route.query.get("gateway") ?? gateways.data?.[0]?.name ?? null;
  if (gateways.data === null && gateway === null) {
    return gateways.error === null ? <Loading /> : <ErrorBox error={gateways.error} retry={gateways.reload} />;
  }
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("page.rounds")}</h1>
        <GatewayFilter chosen={gateway ?? ""} all={false} />
      </header>
      <SeriesChart path="series" query={{ gateway }} window={route.query.get("window")} testId="fleet-chart" />
      <Latest route={route} gateway={gateway} />
    </div>
  );
}

function Latest({ route, gateway }: { route: Route; gateway: string | null }) {
  const read = (name: string): string => route.query.get(name) ?? "";
  const offset = Math.max(0, Number.parseInt(read("offset"), 10) || 0);
  const query = { gateway, rounds: ROUNDS, search: read("search"), light: read("light"), limit: LIMIT, offset };
  const { data: fresh, error, reload } = useResource(`grid?${JSON.stringify(query)}`, (abort) => get<Grid>("grid", query, abort));
  const data = useLast(fresh);
  const chosen = Number.parseInt(read("round"), 10);
  const newest = data?.rounds.at(-1)?.id ?? null;
  const round = Number.isFinite(chosen) ? chosen : newest;
  return (
    <>
      <section class="panel">
        <header>
          <h2>{t("grid.title")}</h2>
          <div class="filters">
            <SearchField value={query.search} label={t("filter.search")} onSearch={(search) => patch({ search, offset: null })} />
            <select class="field" aria-label={t("col.light")} value={query.light} onChange={(event) => patch({ light: event.currentTarget.value, offset: null })}>
              <option value="">{t("filter.lights")}: {t("filter.all")}</option>
              {LIGHTS.map((light) => <option key={light} value={light}>{t(`light.${light}`)}</option>)}
            </select>
          </div>
        </header>
        {error !== null && <ErrorBox error={error} retry={reload} stale={data !== null} />}
        {data === null && error === null && <Loading />}
        {data !== null && data.rounds.length === 0 && <EmptyState title={t("grid.none")} hint={t("empty.models.hint")} />}
        {data !== null && data.rounds.length > 0 && (
          <RunGrid grid={data} chosen={round} onChoose={(id) => patch({ round: id === newest ? null : id })} />
        )}
        {data !== null && data.rounds.length > 0 && data.rows.length === 0 && <EmptyState title={t("empty.filtered")} hint={t("empty.filtered.hint")} />}
        {data !== null && <Pager offset={offset} limit={LIMIT} total={data.total} onMove={(next) => patch({ offset: next === 0 ? null : next }, true)} />}
      </section>
      <div class="columns">
        <div>{data !== null && round !== null && <RoundDetail id={round} gateway={gateway} known={data.rounds} />}</div>
        <Transitions path="transitions" query={{ gateway }} named />
      </div>
    </>
  );
}
