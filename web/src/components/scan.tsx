import { useState } from "preact/hooks";
import { post } from "../api";
import { t } from "../i18n";
import { poll, running } from "../live";
import { asApiError } from "../resource";
import { Icon } from "./icons";
import { say } from "./toasts";

/** Asks for a full round now. That one runs already is no error to a person: it is what they wanted. */
export function ScanButton() {
  const [busy, setBusy] = useState(false);
  const scan = async (): Promise<void> => {
    setBusy(true);
    try {
      await post("scan");
      say(t("scan.begun"), "good");
    } catch (cause) {
      const error = asApiError(cause);
      if (error.code === "conflict") say(t("scan.busy"));
      else say(error.hint === "" ? error.message : `${error.message}: ${error.hint}`, "bad");
    } finally {
      setBusy(false);
      void poll();
    }
  };
  return (
    <button type="button" class="button primary scan" data-testid="scan" title={t("tool.scan.title")} disabled={busy || running.value.length > 0} onClick={scan}>
      <Icon name="scan" /><span>{t("tool.scan")}</span>
    </button>
  );
}
