// What this is, which version, and where else its facts can be read.
import { t } from "../i18n";
import { useSummary } from "../summary";
import "../styles/pages.css";

const LINKS = [
  ["api", "about.api"],
  ["api/openapi.json", "about.openapi"],
  ["metrics", "about.metrics"],
  ["healthz", "about.healthz"],
  ["readyz", "about.readyz"],
  ["status", "about.status"],
] as const;

const KEYS = [
  [["?"], "help.this"],
  [["/"], "help.search"],
  [["j", "k", "↑", "↓"], "about.keys.rows"],
  [["←", "→"], "about.keys.rounds"],
  [["Enter"], "help.open"],
  [["Space"], "about.keys.round"],
  [["Esc"], "help.back"],
] as const;

export default function About() {
  const { data } = useSummary();
  return (
    <div class="page about">
      <header class="page-head"><h1>channelwarden</h1>{data !== null && <span class="tag">{data.version}</span>}</header>
      <p class="muted">{t("about.what")}</p>
      <section class="panel">
        <header><h2>{t("about.links")}</h2></header>
        <ul class="rows">
          {LINKS.map(([path, what]) => <li key={path}><a class="mono" href={path} target="_blank" rel="noopener">/{path}</a><span class="grow muted">{t(what)}</span></li>)}
        </ul>
      </section>
      <section class="panel">
        <header><h2>{t("help.title")}</h2></header>
        <ul class="rows">
          {KEYS.map(([keys, what]) => <li key={what}><span class="about-keys">{keys.map((key) => <kbd key={key}>{key}</kbd>)}</span><span class="grow">{t(what)}</span></li>)}
        </ul>
      </section>
    </div>
  );
}
