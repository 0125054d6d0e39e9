import { render } from "preact";
import { refreshSession } from "./api";
import { App } from "./app";
import { applyLanguage } from "./i18n";
import { listen } from "./live";
import { follow } from "./router";
import { applyTheme } from "./theme";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/components.css";

applyTheme();
applyLanguage();
follow();
// A server without the route, or none at all, shows in what the page itself reads.
refreshSession().catch(() => undefined);
listen();

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
