import { useMemo, useRef } from "preact/hooks";
import { EmptyState, ErrorBox, Loading } from "../components/notices";
import { t } from "../i18n";
import { useResource } from "../resource";
import { href, type Route } from "../router";
import { useSummary } from "../summary";
import { Banners } from "./overview/banners";
import { Cards } from "./overview/cards";
import { List } from "./overview/list";
import { MatrixView } from "./overview/matrix-view";
import { readModels } from "./overview/read";
import { filterOf, narrows, select, sorted } from "./overview/rows";
import { Toolbar } from "./overview/toolbar";
import "../styles/overview.css";

export default function Overview({ route }: { route: Route }) {
  const filter = filterOf(route.query);
  const view = route.query.get("view") === "matrix" ? "matrix" : "list";
  const summary = useSummary(filter.gateway);
  const models = useResource(`models?gateway=${filter.gateway ?? ""}&channel=${filter.channel ?? ""}`, (abort) =>
    readModels(filter.gateway, filter.channel, abort));
  const rows = useMemo(
    () => sorted(select(models.data?.rows ?? [], filter), filter.sort, filter.descending),
    [models.data, route.query.toString()],
  );
  const enter = useRef<(() => void) | null>(null);
  const error = models.error ?? summary.error;
  // Of all: a summary of one gateway has only that one, and there would be no way to another.
  const gateways = useSummary().data?.gateways ?? [];
  const total = models.data?.total ?? 0;
  const read = models.data?.rows.length ?? 0;
  return (
    <>
      <h1 class="off-screen">{t("page.overview")}</h1>
      {error !== null && <ErrorBox error={error} retry={() => { models.reload(); summary.reload(); }} stale={models.data !== null} />}
      {models.data === null && error !== null && narrows(filter) && <p><a class="button" href={href("overview")}>{t("filter.clear")}</a></p>}
      {summary.data !== null && <Banners summary={summary.data} />}
      {summary.data !== null && <Cards summary={summary.data} query={route.query} />}
      {models.data === null ? error === null && <Loading /> : (
        <section class="panel models">
          <Toolbar filter={filter} view={view} gateways={gateways} shown={rows.length} total={total} onLeaveSearch={() => enter.current?.()} />
          {read < total && <p class="banner">{t("filter.cut", { shown: read, total })}</p>}
          {rows.length === 0 ? <Nothing any={total > 0} />
            : view === "matrix" ? <MatrixView rows={rows} />
              : <List rows={rows} filter={filter} manyGateways={gateways.length > 1 && filter.gateway === null} enter={enter} />}
        </section>
      )}
    </>
  );
}

function Nothing({ any }: { any: boolean }) {
  return any
    ? <EmptyState title={t("empty.filtered")} hint={t("empty.filtered.hint")} />
    : <EmptyState title={t("empty.models")} hint={t("empty.models.hint")} />;
}
