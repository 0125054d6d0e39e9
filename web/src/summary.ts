// The summary that the header and the overview share.
import { get } from "./api";
import { useResource, type Resource } from "./resource";
import type { Summary } from "./types";

/** Channels that wait for a person, at the least: one may both wait and have something held back. */
export function toDecide(summary: Summary): number {
  return Math.max(summary.pending_count, summary.held_count);
}

export function useSummary(gateway: string | null = null): Resource<Summary> {
  return useResource(`summary?gateway=${gateway ?? ""}`, (abort) => get<Summary>("summary", { gateway }, abort));
}
