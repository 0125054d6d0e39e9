import type { ComponentChildren } from "preact";
import type { ApiError } from "../api";
import { t } from "../i18n";
import { Words } from "./name";

export function EmptyState({ title, hint, children }: { title: string; hint?: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {hint !== undefined && <p>{hint}</p>}
      {children}
    </div>
  );
}

/** What went wrong and what to do next. With `stale`, what was read before still shows. */
export function ErrorBox({ error, retry, stale = false }: { error: ApiError; retry?: () => void; stale?: boolean }) {
  return (
    <div class="error-box" role="alert">
      <div>
        <strong>{t("error.title")}</strong>
        <p><Words text={error.message} /></p>
        {error.hint !== "" && <p class="faint"><Words text={error.hint} /></p>}
        {stale && <p class="faint">{t("error.stale")}</p>}
      </div>
      {retry !== undefined && <button type="button" class="button" onClick={retry}>{t("retry")}</button>}
    </div>
  );
}

export function Loading() {
  return <div class="loading" role="status">{t("loading")}</div>;
}
