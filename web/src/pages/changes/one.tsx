// One change: what it did, what came of it, and the way back.
import { get } from "../../api";
import { Time } from "../../components/figures";
import { ErrorBox, Loading } from "../../components/notices";
import { Words } from "../../components/name";
import { t } from "../../i18n";
import { useResource } from "../../resource";
import { href } from "../../router";
import type { ChangeRow } from "../../types";
import { Channel, Deed } from "../acts/deed";
import { Diff, DiffCount, LiveState, StateTag } from "./parts";

export function OneChange({ id }: { id: string }) {
  const path = `changes/${encodeURIComponent(id)}`;
  const { data: change, error, reload } = useResource(path, (abort) => get<ChangeRow>(path, {}, abort));
  return (
    <>
      <header class="page-head">
        <a class="back" href={href("changes")}>← {t("page.changes")}</a>
        <h1>{t("change.number", { id })}</h1>
        {change !== null && <StateTag change={change} />}
        {change !== null && <Undo change={change} />}
      </header>
      {error !== null && <ErrorBox error={error} retry={reload} stale={change !== null} />}
      {change === null && error === null && <Loading />}
      {change !== null && (
        <>
          <section class="panel"><Facts change={change} /></section>
          <section class="panel"><Diff lists={change} /></section>
        </>
      )}
    </>
  );
}

function Facts({ change }: { change: ChangeRow }) {
  const other = (id: number) => <a href={href("changes", id)}>{t("change.number", { id })}</a>;
  return (
    <dl class="facts">
      <dt>{t("col.channel")}</dt>
      <dd><Channel gateway={change.gateway} id={change.channel} name={change.channel_name} /></dd>
      <dt>{t("change.when")}</dt>
      <dd><Time at={change.opened} /></dd>
      {change.settled !== null && <><dt>{t("change.settled")}</dt><dd><Time at={change.settled} /></dd></>}
      {change.round !== null && <><dt>{t("change.round")}</dt><dd><a href={href("rounds", null, { round: change.round })}>#{change.round}</a></dd></>}
      <dt>{t("change.live")}</dt>
      <dd><LiveState change={change} /></dd>
      {change.live_note !== null && change.live_note !== "" && <><dt>{t("change.live.note")}</dt><dd><Words text={change.live_note} /></dd></>}
      {change.undoes !== null && <><dt>{t("change.undoes")}</dt><dd>{other(change.undoes)}</dd></>}
      {change.undone_by !== null && <><dt>{t("change.undone-by")}</dt><dd>{other(change.undone_by)}</dd></>}
      {change.note !== "" && <><dt>{t("change.note")}</dt><dd><Words text={change.note} /></dd></>}
    </dl>
  );
}

/** The way back, with what it means. */
function Undo({ change }: { change: ChangeRow }) {
  if (!change.undoable) return null;
  return (
    <Deed action={t("undo")} title={t("undo.title", { id: change.id })} path={`changes/${change.id}/undo`} danger testId="undo">
      <p>{t("undo.what")}</p>
      <p><Channel gateway={change.gateway} id={change.channel} name={change.channel_name} /> <DiffCount lists={change} /></p>
      <p class="faint">{t("undo.hold")}</p>
    </Deed>
  );
}
