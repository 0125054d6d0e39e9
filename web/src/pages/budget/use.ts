/** A budget's use against its limits. Pure. */
import type { BudgetDay, BudgetScope } from "../../types";

export type Measure = "requests" | "tokens" | "cost_usd";
export const MEASURES: readonly Measure[] = ["requests", "tokens", "cost_usd"];

const LIMITS = { requests: "limit_requests", tokens: "limit_tokens", cost_usd: "limit_cost_usd" } as const;

export interface Use {
  measure: Measure;
  used: number;
  /** `null`: unlimited. */
  limit: number | null;
  /** 0 to 1, full when over; `null` without a limit. A limit of 0 forbids all, so it is always used up. */
  share: number | null;
  level: "fine" | "near" | "full";
}

/** From here on a limit is said to be near. */
const NEAR = 0.8;

export function uses(scope: BudgetScope): Use[] {
  return MEASURES.map((measure) => {
    const used = scope[measure];
    const limit = scope[LIMITS[measure]];
    const share = limit === null ? null : limit > 0 ? Math.min(1, used / limit) : 1;
    const level = share === null || share < NEAR ? "fine" : share < 1 ? "near" : "full";
    return { measure, used, limit, share, level };
  });
}

const DAY = 86_400_000;

/** The last days up to `today` (a UTC date), each of them: a day on which nothing was spent is a day with zero. */
export function everyDay(days: readonly BudgetDay[], today: string, count = 30): BudgetDay[] {
  const byDay = new Map(days.map((day) => [day.day, day]));
  const end = Date.parse(`${today}T00:00:00Z`);
  if (!Number.isFinite(end)) return [...days];
  return Array.from({ length: count }, (_, i) => {
    const day = new Date(end - (count - 1 - i) * DAY).toISOString().slice(0, 10);
    return byDay.get(day) ?? { day, requests: 0, tokens: 0, cost_usd: 0 };
  });
}
