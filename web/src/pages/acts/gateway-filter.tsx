// A gateway to choose, where there is more than one.
import { get } from "../../api";
import { t } from "../../i18n";
import { useResource } from "../../resource";
import { patch } from "../../router";
import type { GatewayRow } from "../../types";

/** `all`: whether none may be chosen, too. */
export function GatewayFilter({ chosen, all = true }: { chosen: string; all?: boolean }) {
  const { data } = useResource("gateways", (abort) => get<GatewayRow[]>("gateways", {}, abort));
  if (data === null || (data.length < 2 && (chosen === "" || !all))) return null;
  return (
    <label class="labelled">
      {t("filter.gateway")}
      <select class="field" value={chosen} onChange={(event) => patch({ gateway: event.currentTarget.value, channel: null, round: null, offset: null })}>
        {all && <option value="">{t("filter.all")}</option>}
        {data.map(({ name }) => <option key={name} value={name}>{name}</option>)}
      </select>
    </label>
  );
}
