// Figures and times as a person reads them, in the language shown.

/** What stands where nothing is known. */
export const NOTHING = "–";

/** 99.95 → `99.9 %`: never rounded up to a hundred that it is not. */
export function percent(value: number | null | undefined, locale: string): string {
  if (value === null || value === undefined) return NOTHING;
  const whole = value === 100 || value === 0;
  const shown = whole ? value : value > 50 ? Math.floor(value * 10) / 10 : Math.ceil(value * 10) / 10;
  return `${shown.toLocaleString(locale, { minimumFractionDigits: whole ? 0 : 1, maximumFractionDigits: 1 })} %`;
}

/** 834 → `834 ms`, 1 260 → `1.26 s`, 75 000 → `75 s`. */
export function duration(ms: number | null | undefined, locale: string): string {
  if (ms === null || ms === undefined) return NOTHING;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const digits = ms < 9_995 ? 2 : ms < 59_950 ? 1 : 0;
  return `${(ms / 1000).toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })} s`;
}

export function count(value: number | null | undefined, locale: string): string {
  return value === null || value === undefined ? NOTHING : value.toLocaleString(locale);
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** `3 hr. ago`, `in 20 min.`; below a minute: `now`. */
export function ago(at: string, now: number, locale: string): string {
  const apart = Date.parse(at) - now;
  if (Number.isNaN(apart)) return NOTHING;
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  for (const [unit, length] of STEPS) {
    if (Math.abs(apart) >= length) return words.format(Math.trunc(apart / length), unit);
  }
  return words.format(0, "second");
}

/** `2026-11-21 14:03:22 UTC`. */
export function utc(at: string): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? at : `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
