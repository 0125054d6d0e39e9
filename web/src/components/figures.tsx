import { signal } from "@preact/signals";
import { ago, count, duration, NOTHING, percent, utc } from "../format";
import { locale, t } from "../i18n";

/** Now, as far as "3 minutes ago" needs it. */
export const now = signal(Date.now());
if (typeof window !== "undefined") setInterval(() => { now.value = Date.now(); }, 20_000);

/** `3 min ago`, with the moment itself in UTC on hover. */
export function Time({ at, never }: { at: string | null | undefined; never?: string }) {
  if (at === null || at === undefined) return <span class="faint">{never ?? t("time.never")}</span>;
  return <time dateTime={at} title={utc(at)}>{ago(at, Math.max(now.value, Date.now() - 20_000), locale())}</time>;
}

export function Percent({ value }: { value: number | null | undefined }) {
  const shown = percent(value, locale());
  return <span class={shown === NOTHING ? "figure faint" : "figure"}>{shown}</span>;
}

/** A duration given in ms. */
export function Ms({ value }: { value: number | null | undefined }) {
  const shown = duration(value, locale());
  return <span class={shown === NOTHING ? "figure faint" : "figure"}>{shown}</span>;
}

export function Count({ value }: { value: number | null | undefined }) {
  return <span class="figure">{count(value, locale())}</span>;
}
