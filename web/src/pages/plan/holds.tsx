// Where a person said stop: it is not written there until it is lifted.
import { list } from "../../api";
import { Time } from "../../components/figures";
import { Words } from "../../components/name";
import { t } from "../../i18n";
import { useResource } from "../../resource";
import type { HoldRow } from "../../types";
import { Deed } from "../acts/deed";

export function Holds({ gateway }: { gateway: string }) {
  const { data } = useResource("holds", (abort) => list<HoldRow>("holds", {}, abort));
  const rows = (data?.rows ?? []).filter((hold) => gateway === "" || hold.gateway === null || hold.gateway === gateway);
  const everything = rows.some((hold) => hold.gateway === null);
  return (
    <section class="panel" aria-label={t("hold.title")}>
      <header>
        <h2>{t("hold.title")}</h2>
        <div class="deeds">
          {!everything && (
            <Deed action={t("hold.all")} title={t("hold.all.title")} path="holds" content={{ reason: t("hold.all.reason") }} danger testId="hold-all">
              <p>{t("hold.all.what")}</p>
            </Deed>
          )}
        </div>
      </header>
      {rows.length === 0 && <p class="faint">{t("hold.none")}</p>}
      <ul class="rows capped">
        {rows.map((hold) => (
          <li key={hold.id ?? "file"} data-testid="hold-row">
            <div>
              <strong><bdi>{hold.gateway ?? t("hold.everything")}</bdi>{hold.channel !== null && ` #${hold.channel}`} {hold.model !== null && <span class="mono"><Words text={hold.model} /></span>}</strong>
              <p class="faint"><Words text={hold.reason} /> {hold.at !== null && <Time at={hold.at} />}</p>
            </div>
            {hold.id !== null && <Deed
              action={t("hold.release")}
              title={t("hold.release.title")}
              path="holds/release"
              content={{ gateway: hold.gateway ?? undefined, channel: hold.channel ?? undefined, model: hold.model ?? undefined }}
              testId="release"
            >
              <p>{t("hold.release.what")}</p>
            </Deed>}
          </li>
        ))}
      </ul>
    </section>
  );
}
