import type { ComponentChildren } from "preact";
import { Time } from "../../components/figures";
import { Light } from "../../components/light";
import { count, duration, NOTHING, percent } from "../../format";
import { locale, t } from "../../i18n";
import { href, merged } from "../../router";
import { LIGHTS, type Light as State, type Summary } from "../../types";
import { toDecide } from "../../summary";

const FIELDS = { up: "healthy_count", degraded: "degraded_count", down: "down_count", unknown: "unknown_count" } as const;

interface CardProps {
  id: string;
  title: string;
  value: string;
  note: ComponentChildren;
  to: string;
  light?: State;
  chosen?: boolean;
  tone?: "attention";
}

function Card({ id, title, value, note, to, light, chosen = false, tone }: CardProps) {
  return (
    <a class={`card${tone === undefined ? "" : ` card-${tone}`}`} href={to} aria-current={chosen ? "true" : undefined} data-testid={`card-${id}`}>
      <span class="card-title">{light !== undefined && <Light state={light} />}{title}</span>
      <span class="card-value">{value}</span>
      <span class="card-note">{note}</span>
    </a>
  );
}

/** The whole fleet in figures. Each leads to the rows that it counts. */
export function Cards({ summary, query }: { summary: Summary; query: URLSearchParams }) {
  const lights = query.get("light")?.split(",") ?? [];
  const withdrawn = query.get("withdrawn") === "true";
  const all = Math.max(1, summary.total_models);
  const filtered = (change: { light?: State | null; withdrawn?: boolean; sort?: string; desc?: boolean }): string =>
    href("overview", null, Object.fromEntries(merged(query, { light: null, withdrawn: null, ...change })));
  const share = (part: number): string => t("share", { percent: percent((100 * part) / all, locale()) });
  const number = (value: number): string => count(value, locale());
  return (
    <section class="cards" aria-label={t("cards.label")}>
      <Card
        id="models" title={t("card.models")} value={number(summary.total_models)} chosen={lights.length === 0 && !withdrawn}
        note={t("card.models.note", { channels: number(summary.channels_count) })} to={filtered({})}
      />
      {LIGHTS.map((light) => (
        <Card
          key={light} id={light} title={t(`card.${light}`)} value={number(summary[FIELDS[light]])} light={light}
          note={share(summary[FIELDS[light]])} chosen={lights.length === 1 && lights[0] === light} to={filtered({ light })}
        />
      ))}
      <Card
        id="withdrawn" title={t("card.withdrawn")} value={number(summary.withdrawn_count)} chosen={withdrawn}
        note={t("card.withdrawn.note")} to={filtered({ withdrawn: true })}
      />
      <Card
        id="plan" title={t("card.plan")} value={number(toDecide(summary))} to={href("plan")}
        note={t("card.plan.note", { held: number(summary.held_count) })} tone={summary.held_count > 0 ? "attention" : undefined}
      />
      <Card
        id="uptime" title={t("card.uptime")} value={percent(summary.uptime_24h, locale())} to={href("rounds")}
        note={summary.last_updated === null ? NOTHING : <>{t("card.uptime.note")} <Time at={summary.last_updated} /></>}
      />
      <Card
        id="latency" title={t("card.latency")} value={duration(summary.p50_ms, locale())} to={filtered({ sort: "p50", desc: true })}
        note={t("card.latency.note", { p95: duration(summary.p95_ms, locale()) })}
      />
    </section>
  );
}
