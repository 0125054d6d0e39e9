// What a guard holds back: which, why, and whether a person may let it through.
import { Icon } from "../../components/icons";
import { Name, Words } from "../../components/name";
import { t } from "../../i18n";
import type { HeldPart } from "../../types";
import { known, word } from "../acts/words";

export function Held({ held }: { held: HeldPart }) {
  const meaning = known("guard.why", held.guard);
  return (
    <section class="held" data-testid="held">
      <p class="held-guard">
        <Icon name={held.may_be_lifted ? "pause" : "warning"} />
        <strong>{t("held.by", { guard: word("guard", held.guard) })}</strong>
        <span class={held.may_be_lifted ? "tag tag-degraded" : "tag"}>{held.may_be_lifted ? t("held.may") : t("held.may-not")}</span>
      </p>
      {meaning !== null && <p class="faint">{t(meaning)}</p>}
      <p><Words text={held.why} /></p>
      <ul class="diff-lines">
        {held.removals.map(({ model, reason }) => (
          <li key={model} class="diff-line diff-removed">
            <span class="diff-sign" aria-hidden="true">−</span>
            <span class="off-screen">{t("diff.kind.removed")}</span>
            <span class="diff-name"><Name text={model} mono />{reason !== "" && <small><Words text={reason} /></small>}</span>
          </li>
        ))}
        {held.additions.map((model) => (
          <li key={model} class="diff-line diff-added">
            <span class="diff-sign" aria-hidden="true">+</span>
            <span class="off-screen">{t("diff.kind.added")}</span>
            <span class="diff-name"><Name text={model} mono /></span>
          </li>
        ))}
      </ul>
    </section>
  );
}
