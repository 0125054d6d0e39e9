// The summary that the header and the overview share.
import { get } from "./api";
import { useResource, type Resource } from "./resource";
import type { Summary } from "./types";

export function useSummary(gateway: string | null = null): Resource<Summary> {
  return useResource(`summary?gateway=${gateway ?? ""}`, (abort) => get<Summary>("summary", { gateway }, abort));
}
