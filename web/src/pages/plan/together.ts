/** What a guard holds back model by model, told once. Pure. */
import type { HeldPart } from "../../types";

/** Parts that the same guard holds for the same reason become one; the order stays. */
export function together(parts: readonly HeldPart[]): HeldPart[] {
  const joined = new Map<string, HeldPart>();
  for (const part of parts) {
    const key = JSON.stringify([part.guard, part.why, part.may_be_lifted]);
    const known = joined.get(key);
    if (known === undefined) joined.set(key, part);
    else {
      joined.set(key, {
        ...known,
        removals: [...known.removals, ...part.removals],
        additions: [...known.additions, ...part.additions],
      });
    }
  }
  return [...joined.values()];
}
