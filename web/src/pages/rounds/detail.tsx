// One round: what it asked, what came of it, what went wrong.
import { list } from "../../api";
import { Count, Percent, Time } from "../../components/figures";
import { Words } from "../../components/name";
import { duration } from "../../format";
import { locale, t } from "../../i18n";
import { useResource } from "../../resource";
import { href } from "../../router";
import type { RoundRow } from "../../types";
import { word } from "../acts/words";

/** So far back a round is looked for that is not in the grid. */
const LIMIT = 1000;

export function RoundDetail({ id, gateway, known }: { id: number; gateway: string | null; known: RoundRow[] }) {
  const round = known.find((one) => one.id === id);
  return round === undefined ? <Older id={id} gateway={gateway} /> : <Round round={round} />;
}

function Older({ id, gateway }: { id: number; gateway: string | null }) {
  const { data } = useResource(`rounds?${gateway ?? ""}`, (abort) => list<RoundRow>("rounds", { gateway, limit: LIMIT }, abort));
  const round = data?.rows.find((one) => one.id === id);
  if (round !== undefined) return <Round round={round} />;
  return data === null ? null : <section class="panel panel-body faint">{t("round.gone", { id })}</section>;
}

function Round({ round }: { round: RoundRow }) {
  const took = round.ended === null ? null : Date.parse(round.ended) - Date.parse(round.started);
  return (
    <section class="panel" data-testid="round-detail">
      <header>
        <h2>{t("grid.round", { id: round.id })}</h2>
        <span class="faint"><bdi>{round.gateway}</bdi> · {word("mode", round.mode)} · <Time at={round.started} /> · {round.full === false && `${t("round.again")} · `}{took === null ? t("round.running") : t("round.took", { time: duration(took, locale()) })}</span>
        {round.changes > 0 && <a href={href("changes", null, { gateway: round.gateway })}>{t("round.changes", { count: round.changes })}</a>}
        {round.held > 0 && <a href={href("plan", null, { gateway: round.gateway })}>{t("round.held", { count: round.held })}</a>}
      </header>
      <dl class="figures">
        <div><dt>{t("round.ok-rate")}</dt><dd><Percent value={round.ok_rate} /></dd></div>
        <div><dt>{t("round.pairs")}</dt><dd><Count value={round.pairs} /></dd></div>
        <div><dt>{t("round.probed")}</dt><dd><Count value={round.probed} /></dd></div>
        <div><dt>OK</dt><dd><Count value={round.ok} /></dd></div>
        <div><dt>429</dt><dd><Count value={round.limited} /></dd></div>
        <div><dt>FAIL</dt><dd><Count value={round.failed} /></dd></div>
        <div><dt>MISS</dt><dd><Count value={round.missed} /></dd></div>
      </dl>
      {round.errors.length > 0 && <Lines title={t("round.errors", { count: round.errors.length })} lines={round.errors} bad />}
      {round.notes.length > 0 && <Lines title={t("round.notes")} lines={round.notes} />}
    </section>
  );
}

function Lines({ title, lines, bad = false }: { title: string; lines: string[]; bad?: boolean }) {
  return (
    <div class="panel-body">
      <h3 class={bad ? "bad" : undefined}>{title}</h3>
      <ul class="notes">{lines.map((line, i) => <li key={i}><Words text={line} /></li>)}</ul>
    </div>
  );
}
