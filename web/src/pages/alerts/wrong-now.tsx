// What is wrong just now, the worst first.
import { list } from "../../api";
import { Count, Time } from "../../components/figures";
import { BareLight } from "../../components/light";
import { Name, Words } from "../../components/name";
import { EmptyState, ErrorBox, Loading } from "../../components/notices";
import { Pager } from "../../components/pager";
import { t } from "../../i18n";
import { useLast } from "../../last";
import { useResource } from "../../resource";
import { href, patch } from "../../router";
import type { AlertRow, Light } from "../../types";
import { Channel } from "../acts/deed";
import { GatewayFilter } from "../acts/gateway-filter";
import { word } from "../acts/words";
import { pageOf, sortOf } from "./about";

const LIMIT = 100;

export function WrongNow({ query }: { query: URLSearchParams }) {
  const gateway = query.get("gateway") ?? "";
  const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "", 10) || 0);
  const asked = { gateway, limit: LIMIT, offset };
  const { data: fresh, error, reload } = useResource(`alerts?${JSON.stringify(asked)}`, (abort) => list<AlertRow>("alerts", asked, abort));
  const data = useLast(fresh);
  return (
    <section class="panel" aria-label={t("alert.now")}>
      <header>
        <h2>{t("alert.now")}</h2>
        {data !== null && data.total > 0 && <span class="tag"><Count value={data.total} /></span>}
        <div class="filters"><GatewayFilter chosen={gateway} /></div>
      </header>
      {error !== null && <ErrorBox error={error} retry={reload} stale={data !== null} />}
      {data === null && error === null && <Loading />}
      {data !== null && data.total === 0 && (
        gateway === "" ? <EmptyState title={t("alert.none")} hint={t("alert.none.hint")} /> : <EmptyState title={t("alert.none.gateway")} />
      )}
      {data !== null && data.rows.length > 0 && (
        <div class="table-scroll">
          <table class="table stacked">
            <thead>
              <tr>
                <th scope="col">{t("alert.cause")}</th>
                <th scope="col">{t("alert.where")}</th>
                <th scope="col">{t("alert.subject")}</th>
                <th scope="col">{t("alert.since")}</th>
                <th scope="col">{t("alert.evidence")}</th>
              </tr>
            </thead>
            <tbody>{data.rows.map((row) => <Row key={`${row.gateway} ${row.channel} ${row.cause} ${row.subject}`} row={row} />)}</tbody>
          </table>
        </div>
      )}
      {data !== null && <Pager offset={offset} limit={LIMIT} total={data.total} onMove={(next) => patch({ offset: next === 0 ? null : next }, true)} />}
    </section>
  );
}

function Row({ row }: { row: AlertRow }) {
  const page = pageOf(row.cause);
  const said = word("cause", row.cause);
  return (
    <tr data-testid="alert-row" data-cause={row.cause}>
      <th scope="row" class="alert-what">
        <Severity name={row.severity} /> {page === null ? said : <a href={href(page, null, { gateway: row.gateway })}>{said}</a>}
      </th>
      <td><Where row={row} /></td>
      <td class="alert-subject"><Subject row={row} /></td>
      <td data-label={t("alert.since")}><Time at={row.since} /></td>
      <td class="alert-seen">{row.evidence !== "" && <Words text={row.evidence} />}</td>
    </tr>
  );
}

const SIGNS: Record<string, [Light, string]> = { critical: ["down", "tag tag-down"], warning: ["degraded", "tag tag-degraded"] };

/** How much it matters, by shape, colour and word. */
function Severity({ name }: { name: string }) {
  const [sign, tone] = SIGNS[name] ?? ["unknown", "tag"];
  return <span class={tone}><BareLight state={sign} /> {word("severity", name)}</span>;
}

function Where({ row: { gateway, channel, channel_name: name } }: { row: AlertRow }) {
  if (gateway === "") return <span class="faint">{t("alert.here")}</span>;
  if (channel === null) return <Name text={gateway} />;
  return <a href={href("overview", null, { gateway, channel })}><Channel gateway={gateway} id={channel} name={name} /></a>;
}

function Subject({ row }: { row: AlertRow }) {
  switch (sortOf(row)) {
    case "model":
      return <a href={href("model", row.subject)}><Name text={row.subject} mono testId="alert-model" /></a>;
    case "key":
      return <>{t("alert.key", { number: row.subject })}</>;
    case "other":
      return row.subject === "" ? null : <Name text={row.subject} />;
  }
}
