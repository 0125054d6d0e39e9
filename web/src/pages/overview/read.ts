// All models at once: filters and sorting then answer while a person types.
import { list, type List } from "../../api";
import type { ModelRow } from "../../types";

/** What the server gives away at once. */
const PAGE = 5000;
/** More are not read: who has more narrows them down by gateway or channel, which the server does. */
const MOST = 20_000;

export async function readModels(gateway: string | null, channel: number | null, abort: AbortSignal): Promise<List<ModelRow>> {
  const rows: ModelRow[] = [];
  for (;;) {
    const page = await list<ModelRow>("models", { gateway, channel, limit: PAGE, offset: rows.length === 0 ? null : rows.length }, abort);
    rows.push(...page.rows);
    if (page.rows.length === 0 || rows.length >= page.total || rows.length >= MOST) return { rows, total: Math.max(page.total, rows.length) };
  }
}
