// What the latest rounds want and did not write: what waits for a word, and what a guard holds back.
import { list, session } from "../api";
import { Time } from "../components/figures";
import { EmptyState, ErrorBox, Loading } from "../components/notices";
import { t } from "../i18n";
import { useResource } from "../resource";
import { href, type Route } from "../router";
import type { PlanRow } from "../types";
import { Channel, Deed, mayAct, Outcome } from "./acts/deed";
import { GatewayFilter } from "./acts/gateway-filter";
import { word } from "./acts/words";
import { Diff, DiffCount } from "./changes/parts";
import { Held } from "./plan/held";
import { Holds } from "./plan/holds";
import { together } from "./plan/together";
import "../styles/pages.css";

export default function Plan({ route }: { route: Route }) {
  const gateway = route.query.get("gateway") ?? "";
  const { data, error, reload } = useResource(`plan?${gateway}`, (abort) => list<PlanRow>("plan", { gateway }, abort));
  const rows = data?.rows ?? [];
  return (
    <div class="page page-plan">
      <header class="page-head">
        <h1>{t("page.plan")}</h1>
        <GatewayFilter chosen={gateway} />
        {!mayAct() && rows.length > 0 && <p class="faint">{t("plan.read-only")} {session.value?.acts_with_token === true && <a href={href("login", null, { then: href("plan") })}>{t("page.login")}</a>}</p>}
      </header>
      <Outcome />
      {error !== null && <ErrorBox error={error} retry={reload} stale={data !== null} />}
      {data === null && error === null && <Loading />}
      {data !== null && rows.length === 0 && <EmptyState title={t("plan.none")} hint={t("plan.none.hint")} />}
      {rows.map((row) => <PlanCard key={`${row.gateway} ${row.channel}`} row={row} />)}
      <Holds gateway={gateway} />
    </div>
  );
}

const wants = (row: PlanRow): boolean => row.removed.length + row.added.length + row.restored.length > 0;

function PlanCard({ row }: { row: PlanRow }) {
  const parts = together(row.held);
  const lifted = parts.filter((held) => held.may_be_lifted);
  const where = { gateway: row.gateway, channel: row.channel };
  // What is shown here, and nothing that was decided since.
  const shown = { ...where, mark: row.mark };
  const on = <Channel gateway={row.gateway} id={row.channel} name={row.channel_name} />;
  return (
    <article class="panel" data-testid="plan-row">
      <header>
        <h2>{on}</h2>
        <span class="faint">
          {t("plan.round", { round: row.round })} · <Time at={row.at} /> · {word("mode", row.mode)}
        </span>
        <div class="deeds">
          <Deed action={t("plan.reject")} title={t("plan.reject.title")} path="plan/reject" content={shown} danger testId="reject">
            <p>{on}</p>
            <p>{t("plan.reject.what")}</p>
          </Deed>
          {wants(row) && (
            <Deed action={t("plan.apply")} title={t("plan.apply.title")} path="plan/apply" content={where} primary={lifted.length === 0} testId="apply">
              <p>{on} <DiffCount lists={row} /></p>
              <p>{t("plan.apply.what")}</p>
            </Deed>
          )}
          {lifted.length > 0 && (
            <Deed action={t("plan.approve")} title={t("plan.approve.title")} path="plan/approve" content={shown} primary testId="approve">
              <p>{on}</p>
              <p>{t("plan.approve.what")}</p>
              <ul>{lifted.map((held, i) => <li key={i}>{word("guard", held.guard)}: −{held.removals.length} +{held.additions.length}</li>)}</ul>
            </Deed>
          )}
        </div>
      </header>
      {wants(row) && <Diff lists={row} />}
      {parts.map((held, i) => <Held key={i} held={held} />)}
    </article>
  );
}
