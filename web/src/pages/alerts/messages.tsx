// The messages that went out, or did not yet, or were given up.
import { list } from "../../api";
import { Count, Time } from "../../components/figures";
import { Name, Words } from "../../components/name";
import { EmptyState, ErrorBox, Loading } from "../../components/notices";
import { Pager } from "../../components/pager";
import { t } from "../../i18n";
import { useLast } from "../../last";
import { useResource } from "../../resource";
import { patch } from "../../router";
import type { PostEntry, PostRow } from "../../types";
import { Deed } from "../acts/deed";
import { word } from "../acts/words";
import { sortOf } from "./about";

const LIMIT = 50;
/** Of what a message tells, so much is shown. */
const ENTRIES = 3;
const STATES = ["waiting", "sent", "dead"] as const;

export function Messages({ query }: { query: URLSearchParams }) {
  const state = query.get("state") ?? "";
  const offset = Math.max(0, Number.parseInt(query.get("from") ?? "", 10) || 0);
  const asked = { state, limit: LIMIT, offset };
  const { data: fresh, error, reload } = useResource(`outbox?${JSON.stringify(asked)}`, (abort) => list<PostRow>("outbox", asked, abort));
  const data = useLast(fresh);
  return (
    <section class="panel" aria-label={t("post.title")}>
      <header>
        <h2>{t("post.title")}</h2>
        <div class="filters">
          <label class="labelled">
            {t("post.state")}
            <select class="field" value={state} data-testid="post-state" onChange={(event) => patch({ state: event.currentTarget.value, from: null })}>
              <option value="">{t("filter.all")}</option>
              {STATES.map((name) => <option key={name} value={name}>{word("post.state", name)}</option>)}
            </select>
          </label>
          <AllAgain />
        </div>
      </header>
      {error !== null && <ErrorBox error={error} retry={reload} stale={data !== null} />}
      {data === null && error === null && <Loading />}
      {data !== null && data.total === 0 && (
        state === "" ? <EmptyState title={t("post.none")} hint={t("post.none.hint")} /> : <EmptyState title={t("empty.filtered")} />
      )}
      {data !== null && data.rows.length > 0 && (
        <div class="table-scroll">
          <table class="table stacked">
            <thead>
              <tr>
                <th scope="col">{t("post.id")}</th>
                <th scope="col">{t("post.state")}</th>
                <th scope="col">{t("post.to")}</th>
                <th scope="col">{t("post.tells")}</th>
                <th scope="col">{t("post.made")}</th>
                <th scope="col" class="number">{t("post.tries")}</th>
                <th scope="col">{t("post.note")}</th>
              </tr>
            </thead>
            <tbody>{data.rows.map((row) => <Row key={row.id} row={row} />)}</tbody>
          </table>
        </div>
      )}
      {data !== null && <Pager offset={offset} limit={LIMIT} total={data.total} onMove={(next) => patch({ from: next === 0 ? null : next }, true)} />}
    </section>
  );
}

/** For all that was given up, on this page of the list or not; nothing where nothing was. */
function AllAgain() {
  const { data } = useResource("outbox, dead", (abort) => list<PostRow>("outbox", { state: "dead", limit: 1 }, abort));
  const count = data?.total ?? 0;
  if (count === 0) return null;
  return (
    <Deed action={t("post.again.all")} title={t("post.again.all.title")} path="outbox/retry" testId="retry-all">
      <p>{t("post.again.all.what", { count })}</p>
    </Deed>
  );
}

const TONES: Record<string, string> = { sent: "tag tag-up", dead: "tag tag-down" };

function Row({ row }: { row: PostRow }) {
  const to = (
    <>
      <Name text={row.receiver} />
      {row.chat !== "" && <> <span class="faint"><Name text={row.chat} mono /></span></>}
    </>
  );
  return (
    <tr data-testid="post-row" data-state={row.state} data-post={row.id}>
      <th scope="row">{t("post.number", { id: row.id })}</th>
      <td class="post-state">
        <span class={TONES[row.state] ?? "tag"}>{word("post.state", row.state)}</span>{" "}
        <small class="faint">{row.state === "waiting" && t("post.next")} <Time at={row.at} /></small>
      </td>
      <td>{to}</td>
      <td class="post-tells"><Tells row={row} /></td>
      <td data-label={t("post.made")}><Time at={row.made} /></td>
      <td class="number" data-label={t("post.tries")}><Count value={row.attempts} /></td>
      <td class="cause">
        {row.note !== "" && <p><Words text={row.note} /></p>}
        {row.state === "dead" && (
          <Deed action={t("post.again")} title={t("post.again.title", { id: row.id })} path="outbox/retry" content={{ id: row.id }} testId="retry">
            <p>{to}</p>
            <Tells row={row} />
            <p>{t("post.again.what")}</p>
          </Deed>
        )}
      </td>
    </tr>
  );
}

/** The first things that a message tells, and how many more there are. */
function Tells({ row }: { row: PostRow }) {
  if (row.count === 0) return <span class="faint">{t("post.tells.none")}</span>;
  const shown = row.entries.slice(0, ENTRIES);
  return (
    <ul class="post-entries">
      {shown.map((entry, i) => <li key={i}><Entry entry={entry} /></li>)}
      {row.count > shown.length && <li class="faint">{t("post.tells.more", { count: row.count - shown.length })}</li>}
    </ul>
  );
}

function Entry({ entry }: { entry: PostEntry }) {
  const subject = sortOf({ ...entry, channel: null }) === "key" ? t("alert.key", { number: entry.subject }) : entry.subject;
  const names = [entry.gateway, entry.channel_name, subject].filter((name) => name !== "");
  return (
    <>
      <span class="tag">{word("told", entry.what)}</span> {word("cause", entry.cause)}
      {names.map((name, i) => <span key={i}> <span class="faint" aria-hidden="true">{i === 0 ? "·" : "/"}</span> <Name text={name} /></span>)}
    </>
  );
}
