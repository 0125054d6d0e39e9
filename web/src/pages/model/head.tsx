// A model's name, and how it stands just now.
import type { ComponentChildren } from "preact";
import { CopyButton } from "../../components/copy";
import { Count, Ms, Percent, Time } from "../../components/figures";
import { Light } from "../../components/light";
import { Words } from "../../components/name";
import { t } from "../../i18n";
import { href } from "../../router";
import { LIGHTS, type ModelRow } from "../../types";
import { Channel } from "../acts/deed";
import { word } from "../acts/words";

function Title({ name, children }: { name: string; children?: ComponentChildren }) {
  return (
    <header class="page-head model-head">
      <a class="back" href={href("overview")}>← {t("page.overview")}</a>
      <h1 data-testid="model-title"><span class="mono"><Words text={name} /></span> <CopyButton text={name} what={name} /></h1>
      {children}
    </header>
  );
}

/** One on one channel. */
export function OneHead({ model }: { model: ModelRow }) {
  return (
    <>
      <Title name={model.model_id}>
        <span class={`tag tag-${model.light}`}><Light state={model.light} /> {t(`light.${model.light}`)}</span>
        {model.withdrawn !== null && <span class="tag tag-down">{t("row.withdrawn")}</span>}
        {!model.listed && model.withdrawn === null && <span class="tag">{t("row.unlisted")}</span>}
        <a href={href("overview", null, { gateway: model.gateway, channel: model.channel })}>
          <Channel gateway={model.gateway} id={model.channel} name={model.channel_name} />
        </a>
      </Title>
      {model.withdrawn !== null && <Withdrawn model={model} />}
      <dl class="figures panel">
        <Figure name={t("card.uptime")}><Percent value={model.uptime_24h} /></Figure>
        <Figure name={t("chart.p50")}><Ms value={model.p50_ms} /></Figure>
        <Figure name={t("chart.p95")}><Ms value={model.p95_ms} /></Figure>
        <Figure name={t("chart.ttft")}><Ms value={model.ttft_p50_ms} /></Figure>
        <Figure name={t("col.failures.title")}><Count value={model.consecutive_failures} /></Figure>
        <Figure name={t("row.since")}><Time at={model.since} never="–" /></Figure>
        <Figure name={t("model.last-seen")}><Time at={model.last_seen} /></Figure>
        <Figure name={t("row.next")}><Time at={model.next_probe} never={t("model.next-round")} /></Figure>
        <div class="figures-wide">
          <dt>{t("model.latest")}</dt>
          <dd>
            <StatusTag label={model.latest_status} />{" "}
            {model.outcome === "" ? t("row.never") : word("outcome", model.outcome)}
            {model.detail !== "" && <p class="muted"><Words text={model.detail} /></p>}
          </dd>
        </div>
      </dl>
    </>
  );
}

function Withdrawn({ model }: { model: ModelRow }) {
  const { withdrawn } = model;
  if (withdrawn === null) return null;
  return (
    <div class="banner banner-bad">
      <span>
        {t("model.withdrawn")} <Time at={withdrawn.at} />: {t("model.withdrawn.why", { outcome: word("outcome", withdrawn.outcome), count: withdrawn.count })}{" "}
        <Time at={withdrawn.since} />. <Words text={withdrawn.reason} />
      </span>
    </div>
  );
}

/** All of one name together. */
export function NameHead({ name, rows }: { name: string; rows: ModelRow[] }) {
  return (
    <Title name={name}>
      <span class="muted">{t("model.on-channels", { count: rows.length })}</span>
      {LIGHTS.map((light) => {
        const count = rows.filter((row) => row.light === light).length;
        return count > 0 && <span key={light} class={`tag tag-${light}`}><Light state={light} /> {count} {t(`light.${light}`)}</span>;
      })}
    </Title>
  );
}

function Figure({ name, children }: { name: string; children: ComponentChildren }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

/** `OK`, `429`, `HTTP 503`, `FAIL`. */
export function StatusTag({ label }: { label: string }) {
  const tones: Record<string, string> = { OK: "tag-up", "429": "tag-degraded", NONE: "" };
  return <span class={`tag ${tones[label] ?? "tag-down"}`}>{label}</span>;
}
