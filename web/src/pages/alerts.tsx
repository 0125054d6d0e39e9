// What is wrong just now, and which messages went out about it.
import { t } from "../i18n";
import type { Route } from "../router";
import { Outcome } from "./acts/deed";
import { Messages } from "./alerts/messages";
import { WrongNow } from "./alerts/wrong-now";
import "../styles/pages.css";

export default function Alerts({ route }: { route: Route }) {
  return (
    <div class="page page-alerts">
      <header class="page-head"><h1>{t("page.alerts")}</h1></header>
      <Outcome />
      <WrongNow query={route.query} />
      <Messages query={route.query} />
    </div>
  );
}
