// What an alert is about, and where more is to be seen of it.
import type { PageName } from "../../router";

/** Causes whose subject is a model's name. */
const OF_MODELS: readonly string[] = ["withdrawn", "restored", "new", "expiring", "substituted", "degraded", "failing"];
/** Causes whose subject is a key's number, where there is more than one. */
const OF_KEYS: readonly string[] = ["key-bad", "no-credit"];

/** Pages on which a person sees more, or decides. */
const PAGES: readonly [PageName, readonly string[]][] = [
  ["plan", ["wanted", "proposed", "held"]],
  ["changes", ["withdrawn", "restored", "new", "contested"]],
  ["budget", ["budget"]],
  ["rounds", ["stale"]],
];

/** What a subject is; a free model of OpenRouter's that no channel has leads nowhere. */
export function sortOf({ cause, channel, subject }: { cause: string; channel: number | null; subject: string }): "model" | "key" | "other" {
  if (channel !== null && subject !== "" && OF_MODELS.includes(cause)) return "model";
  return OF_KEYS.includes(cause) && /^\d+$/.test(subject) ? "key" : "other";
}

/** The page that shows more of such a cause; `null`: none does. */
export function pageOf(cause: string): PageName | null {
  return PAGES.find(([, causes]) => causes.includes(cause))?.[0] ?? null;
}
