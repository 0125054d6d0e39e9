import { Icon } from "../../components/icons";
import { Time } from "../../components/figures";
import { Words } from "../../components/name";
import { t } from "../../i18n";
import { href } from "../../router";
import type { Summary } from "../../types";

/** What a person must know before believing the rest: a gateway that was not seen for long, a hold. */
export function Banners({ summary }: { summary: Summary }) {
  const stale = summary.gateways.filter((gateway) => gateway.stale);
  const failing = summary.gateways.filter((gateway) => !gateway.stale && gateway.error !== null);
  return (
    <>
      {stale.map((gateway) => (
        <div key={gateway.name} class={gateway.last_good === null && gateway.error === null ? "banner" : "banner banner-bad"} role="status" data-testid="stale">
          <Icon name="warning" />
          <p>
            <strong><Words text={t(gateway.last_good === null ? "banner.none" : "banner.stale", { gateway: gateway.name })} /></strong>
            {gateway.last_good !== null && <>{" "}{t("banner.stale.when")} <Time at={gateway.last_good} /></>}
            {gateway.error !== null && <>{" · "}<Words text={gateway.error} /></>}
          </p>
        </div>
      ))}
      {failing.map((gateway) => (
        <div key={gateway.name} class="banner" role="status">
          <Icon name="warning" />
          <p><strong><Words text={t("banner.error", { gateway: gateway.name })} /></strong> <Words text={gateway.error ?? ""} /></p>
        </div>
      ))}
      {summary.hold && (
        <div class="banner" role="status" data-testid="hold">
          <Icon name="pause" />
          <p>{t("banner.hold")} <a href={href("plan")}>{t("banner.hold.see")}</a></p>
        </div>
      )}
    </>
  );
}
