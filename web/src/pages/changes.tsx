// What was changed in the gateways, newest first; one of them with all there is to know.
import { list } from "../api";
import { Time } from "../components/figures";
import { Name } from "../components/name";
import { EmptyState, ErrorBox, Loading } from "../components/notices";
import { Pager } from "../components/pager";
import { t } from "../i18n";
import { useLast } from "../last";
import { useResource } from "../resource";
import { href, patch, type Route } from "../router";
import type { ChangeRow } from "../types";
import { Channel, Outcome } from "./acts/deed";
import { GatewayFilter } from "./acts/gateway-filter";
import { word } from "./acts/words";
import { OneChange } from "./changes/one";
import { DiffCount, LiveState, StateTag } from "./changes/parts";
import "../styles/pages.css";

const LIMIT = 50;
const STATES = ["open", "applied", "abandoned", "conflict"] as const;

export default function Changes({ route }: { route: Route }) {
  return (
    <div class="page page-changes">
      <Outcome />
      {route.id === null ? <ChangeList route={route} /> : <OneChange key={route.id} id={route.id} />}
    </div>
  );
}

function ChangeList({ route }: { route: Route }) {
  const read = (name: string): string => route.query.get(name) ?? "";
  const offset = Math.max(0, Number.parseInt(read("offset"), 10) || 0);
  const query = { gateway: read("gateway"), channel: read("channel"), state: read("state"), limit: LIMIT, offset };
  const { data: fresh, error, reload } = useResource(`changes?${JSON.stringify(query)}`, (abort) => list<ChangeRow>("changes", query, abort));
  const data = useLast(fresh);
  const filtered = query.gateway !== "" || query.channel !== "" || query.state !== "";
  return (
    <>
      <header class="page-head">
        <h1>{t("page.changes")}</h1>
        <GatewayFilter chosen={query.gateway} />
        <label class="labelled">
          {t("change.state")}
          <select class="field" value={query.state} onChange={(event) => patch({ state: event.currentTarget.value, offset: null })}>
            <option value="">{t("filter.all")}</option>
            {STATES.map((state) => <option key={state} value={state}>{word("state", state)}</option>)}
          </select>
        </label>
        {query.channel !== "" && <span class="tag">{t("col.channel")} #{query.channel}</span>}
        {filtered && (
          <button type="button" class="button small" onClick={() => patch({ gateway: null, channel: null, state: null, offset: null })}>{t("filter.clear")}</button>
        )}
      </header>
      {error !== null && <ErrorBox error={error} retry={reload} stale={data !== null} />}
      {data === null && error === null && <Loading />}
      {data !== null && data.rows.length === 0 && (
        filtered
          ? <EmptyState title={t("empty.filtered")} />
          : <EmptyState title={t("change.none")} hint={t("change.none.hint")} />
      )}
      {data !== null && data.rows.length > 0 && <ChangeTable rows={data.rows} />}
      {data !== null && <Pager offset={offset} limit={LIMIT} total={data.total} onMove={(next) => patch({ offset: next === 0 ? null : next }, true)} />}
    </>
  );
}

/** Changes as rows, each leading to its own page. */
export function ChangeTable({ rows }: { rows: ChangeRow[] }) {
  return (
    <div class="panel table-scroll">
      <table class="table stacked">
        <thead>
          <tr>
            <th scope="col">{t("change.id")}</th>
            <th scope="col">{t("change.when")}</th>
            <th scope="col">{t("col.channel")}</th>
            <th scope="col">{t("change.names")}</th>
            <th scope="col">{t("change.state")}</th>
            <th scope="col">{t("change.live")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((change) => (
            <tr key={change.id} data-testid="change-row" data-state={change.state}>
              <th scope="row"><a href={href("changes", change.id)}>#{change.id}</a></th>
              <td data-label={t("change.when")}><Time at={change.opened} /></td>
              <td><Channel gateway={change.gateway} id={change.channel} name={change.channel_name} /></td>
              <td><DiffCount lists={change} /> <Examples change={change} /></td>
              <td><StateTag change={change} /></td>
              <td data-label={t("change.live")}><LiveState change={change} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The first names of a change, in one line. */
function Examples({ change }: { change: ChangeRow }) {
  const names = [...change.removed.map(({ model }) => model), ...change.added, ...change.restored];
  const [first] = names;
  if (first === undefined) return null;
  return <span class="faint examples"><Name text={first} />{names.length > 1 && ` +${names.length - 1}`}</span>;
}
