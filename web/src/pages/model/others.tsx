// Where else a model is, and which changes touched it.
import { list } from "../../api";
import { Ms, Percent, Time } from "../../components/figures";
import { Light } from "../../components/light";
import { t } from "../../i18n";
import { useResource } from "../../resource";
import { href } from "../../router";
import type { ChangeRow, ModelRow } from "../../types";
import { Channel } from "../acts/deed";
import { StateTag } from "../changes/parts";
import { deedTo } from "./touched";

/** The same name on other channels; `name`: of which all together have a page, unless this is it. */
export function Others({ rows, name }: { rows: ModelRow[]; name: string | null }) {
  if (rows.length === 0) return null;
  return (
    <section class="panel">
      <header>
        <h2>{name === null ? t("others.all") : t("others.title")}</h2>
        {name !== null && <a href={href("model", name)}>{t("others.together")}</a>}
      </header>
      <ul class="rows capped">
        {rows.map((row) => (
          <li key={row.id} data-testid="other-row">
            <Light state={row.light} />
            <a class="grow" href={href("model", row.id)}><Channel gateway={row.gateway} id={row.channel} name={row.channel_name} /></a>
            {row.withdrawn !== null && <span class="tag tag-down">{t("row.withdrawn")}</span>}
            <Percent value={row.uptime_24h} />
            <Ms value={row.p50_ms} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** So many of the channel's latest changes are looked through. */
const LIMIT = 200;

export function Touched({ model }: { model: ModelRow }) {
  const query = { gateway: model.gateway, channel: model.channel, limit: LIMIT };
  const { data } = useResource(`changes?${JSON.stringify(query)}`, (abort) => list<ChangeRow>("changes", query, abort));
  if (data === null) return null;
  const rows = data.rows.flatMap((change) => {
    const deed = deedTo(change, model.model_id);
    return deed === null ? [] : [{ change, deed }];
  });
  return (
    <section class="panel">
      <header><h2>{t("touched.title")}</h2></header>
      {rows.length === 0 && <p class="panel-body faint">{t("touched.none")}</p>}
      <ul class="rows">
        {rows.map(({ change, deed }) => (
          <li key={change.id}>
            <a href={href("changes", change.id)}>#{change.id}</a>
            <span class={`grow diff-${deed}`}>{t(`diff.kind.${deed}`)}</span>
            <StateTag change={change} />
            <Time at={change.opened} />
          </li>
        ))}
      </ul>
    </section>
  );
}
