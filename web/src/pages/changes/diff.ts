/** What a change does to a channel's list, name by name. Pure. */
import type { Removal } from "../../types";

export type DiffKind = "kept" | "removed" | "added" | "restored";

export interface DiffLine {
  kind: DiffKind;
  model: string;
  /** Why it goes; empty for all others. */
  reason: string;
}

export interface Lists {
  before: readonly string[];
  after: readonly string[];
  removed: readonly Removal[];
  restored: readonly string[];
}

/**
 * One line a name: in the order of the list before, and what comes new behind it. The lists decide what changed; the
 * journal's words only tell why. A name that went without a word (an undo takes names back) is told all the same.
 */
export function diff({ before, after, removed, restored }: Lists): DiffLine[] {
  const [had, has] = [new Set(before), new Set(after)];
  const reasons = new Map(removed.map(({ model, reason }) => [model, reason]));
  const back = new Set(restored);
  const old = [...had].map((model): DiffLine => {
    const kind = has.has(model) ? "kept" : "removed";
    return { kind, model, reason: kind === "removed" ? (reasons.get(model) ?? "") : "" };
  });
  const fresh = [...has]
    .filter((model) => !had.has(model))
    .map((model): DiffLine => ({ kind: back.has(model) ? "restored" : "added", model, reason: "" }));
  return [...old, ...fresh];
}

export interface DiffCounts {
  removed: number;
  added: number;
  restored: number;
}

export function counts(lines: readonly DiffLine[]): DiffCounts {
  const of = (kind: DiffKind) => lines.filter((line) => line.kind === kind).length;
  return { removed: of("removed"), added: of("added"), restored: of("restored") };
}

/** Whether the list stays as it is: only the gateway's routing rows were set right. */
export const isRepair = (lines: readonly DiffLine[]): boolean => lines.every(({ kind }) => kind === "kept");
