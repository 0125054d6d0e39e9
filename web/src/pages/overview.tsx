import { EmptyState, ErrorBox, Loading } from "../components/notices";
import { t } from "../i18n";
import type { Route } from "../router";
import { useSummary } from "../summary";
import { Cards } from "./overview/cards";
import "../styles/overview.css";

export default function Overview({ route }: { route: Route }) {
  const gateway = route.query.get("gateway");
  const summary = useSummary(gateway);
  if (summary.data === null) return summary.error === null ? <Loading /> : <ErrorBox error={summary.error} retry={summary.reload} />;
  return (
    <>
      <h1 class="off-screen">{t("page.overview")}</h1>
      {summary.error !== null && <ErrorBox error={summary.error} retry={summary.reload} stale />}
      <Cards summary={summary.data} query={route.query} />
      {summary.data.total_models === 0 && <EmptyState title={t("empty.models")} hint={t("empty.models.hint")} />}
    </>
  );
}
