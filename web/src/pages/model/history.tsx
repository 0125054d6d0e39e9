// What was seen of a model, look by look, and when it went up or down.
import { list } from "../../api";
import { Ms, Time } from "../../components/figures";
import { EmptyState, ErrorBox, Loading } from "../../components/notices";
import { Name, Words } from "../../components/name";
import { t } from "../../i18n";
import { useResource } from "../../resource";
import { href, type Query } from "../../router";
import type { ModelRow, Seen, Transition } from "../../types";
import { Channel } from "../acts/deed";
import { word } from "../acts/words";
import { StatusTag } from "./head";

const LIMIT = 50;

/** The last looks, newest first. `models`: whose they are, where they are of several. */
export function History({ path, models }: { path: string; models?: ModelRow[] }) {
  const whole = `${path}/history`;
  const { data, error, reload } = useResource(whole, (abort) => list<Seen>(whole, { limit: LIMIT }, abort));
  const rows = data?.rows ?? [];
  return (
    <section class="panel">
      <header><h2>{t("history.title")}</h2>{rows.length > 0 && <span class="faint">{t("history.count", { count: rows.length })}</span>}</header>
      {error !== null && <ErrorBox error={error} retry={reload} stale={data !== null} />}
      {data === null && error === null && <Loading />}
      {data !== null && rows.length === 0 && <EmptyState title={t("row.never")} />}
      {rows.length > 0 && (
        <div class="table-scroll tall">
          <table class="table stacked">
            <thead>
              <tr>
                <th scope="col">{t("history.when")}</th>
                {models !== undefined && <th scope="col">{t("col.channel")}</th>}
                <th scope="col">{t("history.status")}</th>
                <th scope="col" class="number">{t("history.latency")}</th>
                <th scope="col" class="number">{t("col.ttft")}</th>
                <th scope="col">{t("row.why")}</th>
                <th scope="col">{t("history.shape")}</th>
                <th scope="col">{t("change.round")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((seen, i) => (
                <tr key={`${seen.model} ${seen.run_datetime} ${i}`} data-testid="history-row">
                  <td><Time at={seen.run_datetime} /></td>
                  {models !== undefined && <td><On model={models.find(({ id }) => id === seen.model)} /></td>}
                  <td><StatusTag label={seen.status_label} /></td>
                  <td data-label={t("history.latency")} class="number"><Ms value={seen.latency_ms} /></td>
                  <td data-label={t("col.ttft")} class="number"><Ms value={seen.ttft_ms} /></td>
                  <td class="cause"><span>{word("outcome", seen.outcome)}</span>{seen.detail !== "" && <small class="muted"><Words text={seen.detail} /></small>}</td>
                  <td data-label={t("history.shape")} class="faint"><bdi>{seen.shape}</bdi></td>
                  <td data-label={t("change.round")} class="faint"><a href={href("rounds", null, { round: seen.round })}>#{seen.round}</a></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function On({ model }: { model: ModelRow | undefined }) {
  if (model === undefined) return <>–</>;
  return <a href={href("model", model.id)}><Channel gateway={model.gateway} id={model.channel} name={model.channel_name} /></a>;
}

interface TransitionsProps {
  /** Below `/api`: `transitions`, or `models/17/transitions`. */
  path: string;
  query?: Query;
  /** Whether they are of several models, so that each must be named. */
  named?: boolean;
}

/** When a model went up or down, newest first. */
export function Transitions({ path, query = {}, named = false }: TransitionsProps) {
  const whole = { ...query, limit: LIMIT };
  const { data, error, reload } = useResource(`${path}?${JSON.stringify(whole)}`, (abort) => list<Transition>(path, whole, abort));
  const rows = data?.rows ?? [];
  return (
    <section class="panel">
      <header><h2>{t("transition.title")}</h2></header>
      {error !== null && <ErrorBox error={error} retry={reload} stale={data !== null} />}
      {data !== null && rows.length === 0 && <p class="panel-body faint">{t(named ? "transition.none.yet" : "transition.none")}</p>}
      <ul class="rows capped">
        {rows.map((turn, i) => (
          <li key={`${turn.model} ${turn.at} ${i}`} data-testid="transition-row">
            <div>
              <span class={turn.up ? "good" : "bad"}>{turn.up ? `▲ ${t("transition.up")}` : `▼ ${t("transition.down")}`}</span>{" "}
              {named && <a href={href("model", turn.model)}><Name text={turn.model_id} mono /></a>}{" "}
              <span class="muted">{named && `#${turn.channel} · `}{word("outcome", turn.outcome)}</span>
              {turn.detail !== "" && <small class="muted"><Words text={turn.detail} /></small>}
            </div>
            <Time at={turn.at} />
          </li>
        ))}
      </ul>
    </section>
  );
}
