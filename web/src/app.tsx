import { useEffect, useState } from "preact/hooks";
import { Header } from "./components/header";
import { Help } from "./components/help";
import { EmptyState, ErrorBox, Loading } from "./components/notices";
import { Toasts } from "./components/toasts";
import { t } from "./i18n";
import { useShortcuts } from "./keyboard";
import Overview from "./pages/overview";
import { reader, type Page } from "./pages";
import { asApiError } from "./resource";
import { back, route } from "./router";
import type { ApiError } from "./api";

export function App() {
  const [help, setHelp] = useState(false);
  const { page } = route.value;
  useShortcuts({
    "?": () => setHelp(true),
    Escape: () => {
      if (page === "overview") return false;
      back();
      return true;
    },
  });
  const title = t(`page.${page}`);
  useEffect(() => {
    document.title = `${title} · channelwarden`;
  }, [title]);
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById("content")?.focus(); }}>
        {t("nav.skip")}
      </a>
      <Header onHelp={() => setHelp(true)} />
      <main id="content" tabIndex={-1}><Shown /></main>
      <Toasts />
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

/** The page of the address. Its file is read once. */
function Shown() {
  const here = route.value;
  const [read, setRead] = useState<Record<string, Page>>({});
  const [error, setError] = useState<ApiError | null>(null);
  const readNow = here.page === "missing" || here.page === "overview" ? undefined : reader(here.page);
  const found = read[here.page];
  useEffect(() => {
    setError(null);
    if (readNow === undefined || found !== undefined) return;
    readNow().then(
      (file) => setRead((known) => ({ ...known, [here.page]: file.default })),
      (cause: unknown) => setError(asApiError(cause)),
    );
  }, [here.page]);
  if (here.page === "overview") return <Overview route={here} />;
  if (readNow === undefined) return <><h1 class="off-screen">{t("page.missing")}</h1><EmptyState title={t("page.missing")} hint={t("page.missing.hint")} /></>;
  if (error !== null) return <ErrorBox error={error} retry={() => location.reload()} />;
  if (found === undefined) return <Loading />;
  const Found = found;
  return <Found key={here.page} route={here} />;
}
