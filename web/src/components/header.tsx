import { useLayoutEffect, useRef } from "preact/hooks";
import { session, post } from "../api";
import { language, t } from "../i18n";
import { utc } from "../format";
import { connected, lost } from "../live";
import { href, route, type PageName } from "../router";
import { toDecide, useSummary } from "../summary";
import { nextTheme, theme } from "../theme";
import { Icon } from "./icons";
import { Progress } from "./progress";
import { ScanButton } from "./scan";

const LINKS: readonly PageName[] = ["overview", "channels", "rounds", "changes", "plan", "withdrawn", "free", "budget"];

export function Header({ onHelp }: { onHelp: () => void }) {
  const here = route.value.page;
  const summary = useSummary().data;
  const counts: Partial<Record<PageName, number>> = summary === null ? {} : {
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
              <a key={name} href={href(name)} aria-current={name === here ? "page" : undefined} data-testid={`nav-${name}`}>
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
  const colours = t("tool.theme", { theme: t(`theme.${theme.value}`) });
  const news = connected.value ? t("live.on") : t("live.off");
  const leave = async (): Promise<void> => {
    await post("logout").catch(() => undefined);
    location.hash = href("login");
    location.reload();
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
      {session.value?.needs_token === true && session.value.may_read && (
        <button type="button" class="tool" title={t("tool.logout")} aria-label={t("tool.logout")} onClick={leave} data-testid="logout">
          <Icon name="exit" />
        </button>
      )}
    </>
  );
}
