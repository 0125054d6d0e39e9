import { useLayoutEffect, useRef } from "preact/hooks";
import { session, post } from "../api";
import { language, t } from "../i18n";
import { utc } from "../format";
import { bump, connected, lost } from "../live";
import { go, href, route, type PageName } from "../router";
import { toDecide, useSummary } from "../summary";
import type { Session } from "../types";
import { nextTheme, theme } from "../theme";
import { Icon } from "./icons";
import { Progress } from "./progress";
import { ScanButton } from "./scan";

const LINKS: readonly PageName[] = ["overview", "alerts", "channels", "rounds", "changes", "plan", "withdrawn", "free", "budget"];

export function Header({ onHelp }: { onHelp: () => void }) {
  const here = route.value.page;
  const summary = useSummary().data;
  const counts: Partial<Record<PageName, number>> = summary === null ? {} : {
    alerts: summary.alerts_count,
    plan: toDecide(summary),
    withdrawn: summary.withdrawn_count,
  };
  const bar = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (bar.current === null) return;
    // Heads of tables stick below it, however high it is: phones, a round's progress.
    const watch = new ResizeObserver(([entry]) => {
      const height = entry?.borderBoxSize[0]?.blockSize ?? 0;
      document.documentElement.style.setProperty("--head", `${Math.floor(height)}px`);
    });
    watch.observe(bar.current);
    return () => watch.disconnect();
  }, []);
  // On a phone the links scroll within their line: where we are stays in sight.
  useLayoutEffect(() => bar.current?.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [here]);
  return (
    <header ref={bar} class="top">
      <div class="top-bar">
        <a class="brand" href={href("overview")}>
          <span class="brand-mark" aria-hidden="true"><i /><i /><i /></span>
          <span class="brand-name">channelwarden</span>
        </a>
        {here !== "login" && (
          <nav class="nav" aria-label={t("nav.main")}>
            {LINKS.map((name) => (
              <a key={name} href={href(name)} aria-current={name === here ? "page" : name === "overview" && here === "model" ? "true" : undefined} data-testid={`nav-${name}`}>
                {t(`page.${name}`)}
                {(counts[name] ?? 0) > 0 && <span class="nav-count">{counts[name]}</span>}
              </a>
            ))}
          </nav>
        )}
        <div class="tools">
          {summary?.may_act === true && <ScanButton />}
          <Tools onHelp={onHelp} />
        </div>
      </div>
      <Progress />
      {lost.value !== null && <p class="lost" role="alert" data-testid="lost">{t("banner.offline", { time: utc(lost.value) })}</p>}
    </header>
  );
}

function Tools({ onHelp }: { onHelp: () => void }) {
  const who = session.value;
  const colours = t("tool.theme", { theme: t(`theme.${theme.value}`) });
  const news = connected.value ? t("live.on") : t("live.off");
  const leave = async (): Promise<void> => {
    const left = await post<Session>("logout").catch(() => null);
    if (left !== null) session.value = left;
    if (left?.may_read === true) bump();
    else go("login");
  };
  return (
    <>
      <span class={connected.value ? "live live-on" : "live"} role="img" aria-label={news} title={news} data-testid="live" />
      <button
        type="button" class="tool language" data-testid="language" title={t("tool.language")} lang={language.value === "en" ? "zh" : "en"}
        onClick={() => { language.value = language.value === "en" ? "zh" : "en"; }}
      >
        {language.value === "en" ? "中文" : "EN"}
      </button>
      <button type="button" class="tool" data-testid="theme" title={colours} aria-label={colours} onClick={nextTheme}>
        <Icon name={theme.value} />
      </button>
      <button type="button" class="tool" title={t("tool.help")} aria-label={t("tool.help")} onClick={onHelp} data-testid="help">
        <Icon name="help" />
      </button>
      {who !== null && who.acts_with_token && !who.may_act && route.value.page !== "login" && (
        <a class="tool login" href={href("login", null, { then: location.hash })} data-testid="login">{t("page.login")}</a>
      )}
      {who !== null && who.csrf !== null && (
        <button type="button" class="tool" title={t("tool.logout")} aria-label={t("tool.logout")} onClick={leave} data-testid="logout">
          <Icon name="exit" />
        </button>
      )}
    </>
  );
}
