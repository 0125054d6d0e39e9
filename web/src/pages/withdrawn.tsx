// What we took off a list: why, since when, and when it is looked at again.
import { list } from "../api";
import { Time } from "../components/figures";
import { EmptyState, ErrorBox, Loading } from "../components/notices";
import { Name, Words } from "../components/name";
import { Pager } from "../components/pager";
import { t } from "../i18n";
import { useLast } from "../last";
import { useResource } from "../resource";
import { href, patch, type Route } from "../router";
import type { ModelRow } from "../types";
import { Channel } from "./acts/deed";
import { GatewayFilter } from "./acts/gateway-filter";
import { SearchField } from "./acts/search-field";
import { word } from "./acts/words";
import "../styles/pages.css";

const LIMIT = 200;

export default function Withdrawn({ route }: { route: Route }) {
  const read = (name: string): string => route.query.get(name) ?? "";
  const offset = Math.max(0, Number.parseInt(read("offset"), 10) || 0);
  const query = { withdrawn: true, gateway: read("gateway"), search: read("search"), limit: LIMIT, offset };
  const { data: fresh, error, reload } = useResource(`models?${JSON.stringify(query)}`, (abort) => list<ModelRow>("models", query, abort));
  const data = useLast(fresh);
  const filtered = query.gateway !== "" || query.search !== "";
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("page.withdrawn")}</h1>
        <SearchField value={query.search} label={t("filter.search")} onSearch={(search) => patch({ search, offset: null })} />
        <GatewayFilter chosen={query.gateway} />
      </header>
      {error !== null && <ErrorBox error={error} retry={reload} stale={data !== null} />}
      {data === null && error === null && <Loading />}
      {data !== null && data.rows.length === 0 && (
        filtered ? <EmptyState title={t("empty.filtered")} hint={t("empty.filtered.hint")} /> : <EmptyState title={t("withdrawn.none")} hint={t("withdrawn.none.hint")} />
      )}
      {data !== null && data.rows.length > 0 && (
        <section class="panel">
          <div class="table-scroll">
            <table class="table stacked">
              <thead>
                <tr>
                  <th scope="col">{t("col.model")}</th>
                  <th scope="col">{t("col.channel")}</th>
                  <th scope="col">{t("row.withdrawn.at")}</th>
                  <th scope="col">{t("row.why")}</th>
                  <th scope="col">{t("row.next")}</th>
                </tr>
              </thead>
              <tbody>{data.rows.map((model) => <Row key={model.id} model={model} />)}</tbody>
            </table>
          </div>
          <Pager offset={offset} limit={LIMIT} total={data.total} onMove={(next) => patch({ offset: next === 0 ? null : next }, true)} />
        </section>
      )}
    </div>
  );
}

function Row({ model }: { model: ModelRow }) {
  const { withdrawn } = model;
  return (
    <tr data-testid="withdrawn-row">
      <td class="wide-name"><a href={href("model", model.id)}><Name text={model.model_id} mono testId="model-name" /></a></td>
      <td><Channel gateway={model.gateway} id={model.channel} name={model.channel_name} /></td>
      <td data-label={t("row.withdrawn.at")}><Time at={withdrawn?.at} never="–" /></td>
      <td class="cause">
        {withdrawn !== null && (
          <>
            <span>{word("outcome", withdrawn.outcome)} {withdrawn.count}×</span>
            <small class="muted"><Words text={withdrawn.reason.replace(/^\S+ \d+× /, "")} /></small>
          </>
        )}
      </td>
      <td data-label={t("row.next")}><Time at={model.next_probe} never={t("model.next-round")} /></td>
    </tr>
  );
}
