import { list } from "../api";
import { Count, Percent } from "../components/figures";
import { Name, Words } from "../components/name";
import { EmptyState, ErrorBox, Loading } from "../components/notices";
import { t, type Key } from "../i18n";
import { useResource } from "../resource";
import { href, patch, type Route } from "../router";
import { useSummary } from "../summary";
import { LIGHTS, type ChannelRow } from "../types";
import "../styles/channels.css";

const STATES: Record<string, Key> = {
  enabled: "channel.enabled",
  "auto-disabled": "channel.auto-disabled",
  disabled: "channel.disabled",
};

export default function Channels({ route }: { route: Route }) {
  const gateway = route.query.get("gateway");
  const gateways = useSummary().data?.gateways ?? [];
  const channels = useResource(`channels?gateway=${gateway ?? ""}`, (abort) => list<ChannelRow>("channels", { gateway, limit: 1000 }, abort));
  const rows = channels.data?.rows ?? [];
  return (
    <>
      <div class="page-head">
        <h1>{t("page.channels")}</h1>
        {gateways.length > 1 && (
          <select class="field" aria-label={t("filter.gateway")} value={gateway ?? ""} onChange={(event) => patch({ gateway: event.currentTarget.value })}>
            <option value="">{t("filter.gateway")}: {t("filter.all")}</option>
            {gateways.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </select>
        )}
        {channels.data !== null && <span class="faint figure">{t("filter.count", { shown: rows.length, total: channels.data.total })}</span>}
      </div>
      {channels.error !== null && <ErrorBox error={channels.error} retry={channels.reload} stale={channels.data !== null} />}
      {channels.data === null ? channels.error === null && <Loading />
        : rows.length === 0 ? <EmptyState title={t("empty.channels")} hint={t("empty.channels.hint")} />
          : <ChannelTable rows={rows} manyGateways={gateways.length > 1 && gateway === null} />}
    </>
  );
}

function ChannelTable({ rows, manyGateways }: { rows: ChannelRow[]; manyGateways: boolean }) {
  return (
    <div class="panel table-scroll">
      <table class="table stacked channels" aria-label={t("table.channels")}>
        <thead>
          <tr>
            <th scope="col">{t("col.channel")}</th>
            <th scope="col">{t("filter.lights")}</th>
            <th scope="col" class="number">{t("col.uptime")}</th>
            <th scope="col" class="number">{t("col.models")}</th>
            <th scope="col" class="number">{t("card.withdrawn")}</th>
            <th scope="col">{t("col.state")}</th>
            <th scope="col">{t("col.provider")}</th>
            <th scope="col">{t("col.groups")}</th>
            <th scope="col">{t("col.note")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => <ChannelLine key={`${row.gateway} ${row.id}`} row={row} manyGateways={manyGateways} />)}
        </tbody>
      </table>
    </div>
  );
}

function ChannelLine({ row, manyGateways }: { row: ChannelRow; manyGateways: boolean }) {
  const known = STATES[row.status];
  const told = row.hold ?? row.note;
  return (
    <tr data-testid="channel-row">
      <th scope="row">
        <a href={href("overview", null, { gateway: row.gateway, channel: row.id })}><Name text={row.name} /></a>
        <div class="faint small">{manyGateways && <><Name text={row.gateway} /> </>}<span class="figure">#{row.id}</span></div>
      </th>
      <td class="lights"><Share row={row} /></td>
      <td class="number" data-label={t("col.uptime")}><Percent value={row.uptime_24h} /></td>
      <td class="number" data-label={t("col.models")}><Count value={row.models} /></td>
      <td class="number" data-label={t("card.withdrawn")}>
        {row.withdrawn === 0 ? <span class="faint">0</span>
          : <a href={href("overview", null, { gateway: row.gateway, channel: row.id, withdrawn: true })}><Count value={row.withdrawn} /></a>}
      </td>
      <td>
        <span class={row.status === "enabled" ? "tag tag-up" : "tag"}>{known === undefined ? <Name text={row.status} /> : t(known)}</span>
        {row.hold !== null && <span class="tag tag-degraded" title={row.hold}>{t("channel.hold")}</span>}
      </td>
      <td><Name text={row.provider} /></td>
      <td data-label={t("col.groups")}><Name text={row.groups} /></td>
      <td class="note">{told !== "" && <Words text={told} />}</td>
    </tr>
  );
}

/** How the lights of a channel's models divide. */
function Share({ row }: { row: ChannelRow }) {
  const label = LIGHTS.filter((light) => row[light] > 0).map((light) => `${row[light]} ${t(`light.${light}`)}`).join(", ");
  const all = Math.max(1, LIGHTS.reduce((sum, light) => sum + row[light], 0));
  let from = 0;
  return (
    <svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      {LIGHTS.map((light) => {
        const width = (100 * row[light]) / all;
        const x = from;
        from += width;
        return width > 0 && <rect key={light} class={`share-${light}`} x={x} y="0" width={width} height="8" />;
      })}
    </svg>
  );
}
