import { t } from "../i18n";
import { running } from "../live";
import { Name } from "./name";

/** How far the rounds under way are; nothing while none is. */
export function Progress() {
  if (running.value.length === 0) return null;
  return (
    <div class="progress-list" data-testid="progress">
      {running.value.map(({ gateway, full, done, expected }) => (
        <div key={gateway} class="progress">
          <span class="progress-words">
            <Name text={full ? t("progress.full", { gateway }) : t("progress.again", { gateway })} />
            <span class="figure">{expected === 0 ? t("progress.counting") : t("progress.done", { done, expected })}</span>
          </span>
          <progress aria-label={t("progress.full", { gateway })} max={expected === 0 ? undefined : expected} value={expected === 0 ? undefined : done} />
        </div>
      ))}
    </div>
  );
}
