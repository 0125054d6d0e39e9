// The token, once; the server remembers us by a cookie that no script can read.
import { useEffect, useRef, useState } from "preact/hooks";
import { post, session, type ApiError } from "../api";
import { Words } from "../components/name";
import { t } from "../i18n";
import { bump } from "../live";
import { asApiError } from "../resource";
import { href, type Route } from "../router";
import type { Session } from "../types";
import "../styles/pages.css";

export default function Login({ route }: { route: Route }) {
  const found = session.value;
  const back = route.query.get("then") ?? "";
  return (
    <div class="login panel">
      <h1>{t("login.title")}</h1>
      {found !== null && !tokenGivesMore(found) ? <Inside session={found} /> : <Form back={back} mayRead={found?.may_read === true} />}
    </div>
  );
}

/** Whether there is a token that gives more than we have: to act where reading is open, too. */
export function tokenGivesMore({ may_read, may_act, needs_token, acts_with_token }: Session): boolean {
  return (needs_token && !may_read) || (acts_with_token && !may_act);
}

/** Only an address of this page: a link from elsewhere must not lead out of it after the login. */
export function safeBack(then: string): string {
  return /^#\/(?!login)/.test(then) ? then : href("overview");
}

function Form({ back, mayRead }: { back: string; mayRead: boolean }) {
  const field = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [wait, setWait] = useState(0);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => setWait(wait - 1), 1000);
    return () => clearTimeout(timer);
  }, [wait]);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? "";
    if (token === "" || wait > 0) return;
    setBusy(true);
    setError(null);
    try {
      session.value = await post<Session>("login", { token });
      if (field.current !== null) field.current.value = "";
      bump();
      location.hash = safeBack(back);
    } catch (cause) {
      const failed = asApiError(cause);
      setError(failed);
      if (failed.code === "rate_limited") setWait(Math.min(3600, Math.max(1, Math.ceil(failed.retryAfter ?? 30))));
      field.current?.select();
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit}>
      <p class="muted">{t(mayRead ? "login.to-act" : "login.to-read")}</p>
      <label>
        {t("login.token")}
        <input
          ref={field} class="field" type="password" name="token" autocomplete="off" spellcheck={false} autocapitalize="off" required
          aria-invalid={error !== null} aria-describedby={error === null ? undefined : "login-error"} data-testid="login-token"
        />
      </label>
      <button type="submit" class="button primary" disabled={busy || wait > 0} data-testid="login-submit">
        {wait > 0 ? t("login.wait", { seconds: wait }) : t("login.submit")}
      </button>
      {error !== null && <Failure error={error} />}
      {mayRead && <a href={safeBack(back)}>{t("login.back")}</a>}
    </form>
  );
}

/** What went wrong: the token, the haste, or the way. */
function Failure({ error }: { error: ApiError }) {
  const wrong = error.status === 401;
  const said = wrong ? t("login.wrong") : error.code === "rate_limited" ? t("login.limited") : error.message;
  return (
    <div class="error-box" role="alert" id="login-error" data-testid="login-error">
      <div>
        <strong><Words text={said} /></strong>
        <p class="faint">{wrong ? t("login.wrong.hint") : <Words text={error.hint} />}</p>
      </div>
    </div>
  );
}

function Inside({ session: found }: { session: Session }) {
  const leave = async (): Promise<void> => {
    session.value = await post<Session>("logout").catch(() => null);
    location.reload();
  };
  return (
    <div class="login-inside">
      <p>{t(found.may_act ? "login.acts" : found.needs_token ? "login.reads" : "login.open")}</p>
      {!found.may_act && <p class="faint">{t("login.no-act")}</p>}
      <div class="deeds">
        <a class="button primary" href={href("overview")}>{t("page.overview")}</a>
        {found.csrf !== null && <button type="button" class="button" onClick={leave} data-testid="login-leave">{t("tool.logout")}</button>}
      </div>
    </div>
  );
}
