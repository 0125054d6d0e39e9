// A change's names: what goes and why, what comes, what stays.
import { useState } from "preact/hooks";
import { CopyButton } from "../../components/copy";
import { Time } from "../../components/figures";
import { Name, Words } from "../../components/name";
import { t } from "../../i18n";
import type { ChangeRow } from "../../types";
import { word } from "../acts/words";
import { counts, diff, isRepair, type DiffLine, type Lists } from "./diff";

const SIGNS = { kept: " ", removed: "−", added: "+", restored: "↩" } as const;

/** The list before and after, as one: every name with its sign. What stays is folded away while it is long. */
export function Diff({ lists }: { lists: Lists }) {
  const [all, showAll] = useState(false);
  const lines = diff(lists);
  const kept = lines.filter((line) => line.kind === "kept").length;
  const shown = all || kept <= 4 ? lines : lines.filter((line) => line.kind !== "kept");
  return (
    <div class="diff">
      {isRepair(lines) && <p class="faint">{t("diff.repair")}</p>}
      <ul class="diff-lines" aria-label={t("diff.label")}>
        {shown.map((line) => <Line key={`${line.kind} ${line.model}`} line={line} />)}
      </ul>
      {kept > 4 && (
        <button type="button" class="button small" aria-expanded={all} onClick={() => showAll(!all)}>
          {all ? t("diff.fold") : t("diff.kept", { count: kept })}
        </button>
      )}
      <p class="diff-copy faint">
        {t("diff.copy")} <CopyButton text={lists.before.join(",")} what={t("diff.before")} /> {t("diff.before")}{" "}
        <CopyButton text={lists.after.join(",")} what={t("diff.after")} /> {t("diff.after")}
      </p>
    </div>
  );
}

function Line({ line }: { line: DiffLine }) {
  return (
    <li class={`diff-line diff-${line.kind}`}>
      <span class="diff-sign" aria-hidden="true">{SIGNS[line.kind]}</span>
      <span class="off-screen">{t(`diff.kind.${line.kind}`)}</span>
      <span class="diff-name">
        <Name text={line.model} mono />
        {line.kind === "restored" && <small class="faint"> {t("diff.restored")}</small>}
        {line.reason !== "" && <small><Words text={line.reason} /></small>}
      </span>
    </li>
  );
}

/** `−2 +1 ↩1`, for a line of a list. */
export function DiffCount({ lists }: { lists: Lists }) {
  const lines = diff(lists);
  if (isRepair(lines)) return <span class="faint">{t("diff.repair.short")}</span>;
  const sum = counts(lines);
  return (
    <span class="diff-count figure">
      {sum.removed > 0 && <span class="diff-removed" title={t("diff.kind.removed")}>−{sum.removed}</span>}
      {sum.added > 0 && <span class="diff-added" title={t("diff.kind.added")}>+{sum.added}</span>}
      {sum.restored > 0 && <span class="diff-restored" title={t("diff.kind.restored")}>↩{sum.restored}</span>}
    </span>
  );
}

const TONES: Record<string, string> = { applied: "tag-up", conflict: "tag-down", open: "tag-degraded" };

export function StateTag({ change }: { change: ChangeRow }) {
  if (change.undone_by !== null) return <span class="tag">{t("state.undone")}</span>;
  return <span class={`tag ${TONES[change.state] ?? ""}`}>{word("state", change.state)}</span>;
}

/** Whether the gateway's users see it already. */
export function LiveState({ change }: { change: ChangeRow }) {
  if (change.live !== null) return <span title={t("change.live.seen")}><span class="good">✓</span> <Time at={change.live} /></span>;
  if (change.live_due !== null) return <span class="faint">{t("change.live.due")} <Time at={change.live_due} /></span>;
  return <span class="faint">–</span>;
}
