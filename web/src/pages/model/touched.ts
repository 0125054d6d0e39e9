/** What a change did to one model. Pure. */
import { diff, type DiffKind, type Lists } from "../changes/diff";

/** `null`: it stayed as it was, there or not there. */
export function deedTo(change: Lists, model: string): Exclude<DiffKind, "kept"> | null {
  const kind = diff(change).find((line) => line.model === model)?.kind;
  return kind === undefined || kind === "kept" ? null : kind;
}
