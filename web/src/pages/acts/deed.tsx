// Something a person does to a gateway: asked once more, done, and what came of it.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { post, session, type ApiError } from "../../api";
import { Confirm } from "../../components/dialog";
import { Icon } from "../../components/icons";
import { Name, Words } from "../../components/name";
import { t } from "../../i18n";
import { bump } from "../../live";
import { asApiError } from "../../resource";
import { href } from "../../router";
import type { Done, DoneChannel } from "../../types";
import { word } from "./words";

/** What came of what was done last, until it is put away or the page is left: what it was done to may be gone by then. */
const told = signal<Done | null>(null);

export const mayAct = (): boolean => session.value?.may_act === true;

interface DeedProps {
  /** What the button says, and the dialog's own button again. */
  action: string;
  title: string;
  path: string;
  content?: object;
  danger?: boolean;
  primary?: boolean;
  testId: string;
  /** What it will do, in the dialog. */
  children: ComponentChildren;
}

/** A button for who may act; nothing for anybody else. */
export function Deed({ action, title, path, content, danger = false, primary = false, testId, children }: DeedProps) {
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  if (!mayAct()) return null;
  const close = (): void => {
    setOpen(false);
    setError(null);
  };
  const act = async (): Promise<void> => {
    setError(null);
    try {
      told.value = await post<Done>(path, content);
      close();
      bump();
    } catch (cause) {
      setError(asApiError(cause));
    }
  };
  const kind = danger ? "button danger" : primary ? "button primary" : "button";
  return (
    <>
      <button type="button" class={kind} data-testid={testId} onClick={() => setOpen(true)}>{action}</button>
      {open && (
        <Confirm title={title} action={action} danger={danger} onConfirm={act} onClose={close}>
          {children}
          {error !== null && <Refused error={error} />}
        </Confirm>
      )}
    </>
  );
}

/** Why it was not done, and what to do next. */
function Refused({ error }: { error: ApiError }) {
  return (
    <div class="error-box" role="alert" data-testid="refused">
      <div>
        <strong>{t("deed.not-done")}</strong>
        <p><Words text={error.message} /></p>
        {error.hint !== "" && <p class="faint"><Words text={error.hint} /></p>}
      </div>
    </div>
  );
}

/** What came of it, channel by channel. */
export function Outcome() {
  const done = told.value;
  useEffect(() => () => { told.value = null; }, []);
  if (done === null) return null;
  return (
    <section class="panel outcome" role="status" data-testid="outcome">
      <header>
        <h2>{t("deed.result")}</h2>
        <button type="button" class="icon-button at-end" aria-label={t("close")} onClick={() => { told.value = null; }}><Icon name="close" /></button>
      </header>
      <ul>
        {done.channels.map((line, i) => <li key={i}><OutcomeLine line={line} /></li>)}
        {done.notes.map((note, i) => <li key={`note ${i}`}><Words text={note} /></li>)}
        {done.channels.length + done.notes.length === 0 && <li>{t("deed.done")}</li>}
      </ul>
    </section>
  );
}

/** Whatever else it says, it was not done. */
const TONES: Record<string, string> = { applied: "tag-up", rejected: "tag-accent", held: "tag-degraded", "on-hold": "tag-degraded" };

function OutcomeLine({ line }: { line: DoneChannel }) {
  return (
    <>
      <span class={`tag ${TONES[line.outcome] ?? "tag-down"}`}>{word("deed", line.outcome)}</span>{" "}
      <Channel gateway={line.gateway} id={line.channel} name={line.channel_name} />{" "}
      {line.change !== null && <a href={href("changes", line.change)}>{t("change.number", { id: line.change })}</a>}
      {line.why !== "" && <p class="faint"><Words text={line.why} /></p>}
    </>
  );
}

/** A channel as people know it: gateway, number, name. */
export function Channel({ gateway, id, name }: { gateway: string; id: number; name: string }) {
  return (
    <span class="channel">
      <bdi class="faint">{gateway}</bdi> <span class="figure faint">#{id}</span> <Name text={name} />
    </span>
  );
}
