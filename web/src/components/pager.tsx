import { t } from "../i18n";
import { Icon } from "./icons";

/** Pages of a list that the server keeps: earlier, later, and where we are. Nothing where one page shows all. */
export function Pager({ offset, limit, total, onMove }: { offset: number; limit: number; total: number; onMove: (offset: number) => void }) {
  if (total <= limit && offset === 0) return null;
  const last = Math.min(total, offset + limit);
  return (
    <nav class="pager" aria-label={t("pager.label")}>
      <button type="button" class="icon-button" aria-label={t("pager.earlier")} disabled={offset === 0} onClick={() => onMove(Math.max(0, offset - limit))}>
        <Icon name="back" />
      </button>
      <span class="figure">{t("pager.range", { from: Math.min(offset + 1, total), to: last, total })}</span>
      <button type="button" class="icon-button" aria-label={t("pager.later")} disabled={last >= total} onClick={() => onMove(offset + limit)}>
        <Icon name="chevron" />
      </button>
    </nav>
  );
}
