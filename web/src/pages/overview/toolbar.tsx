import { useEffect, useRef, useState } from "preact/hooks";
import { list } from "../../api";
import { Icon } from "../../components/icons";
import { Light } from "../../components/light";
import { count } from "../../format";
import { locale, t, type Key } from "../../i18n";
import { useShortcuts } from "../../keyboard";
import { narrow } from "../../media";
import { useResource } from "../../resource";
import { patch } from "../../router";
import { LIGHTS, type ChannelRow, type GatewayRow, type Light as State } from "../../types";
import { narrows, type Filter, type Sort } from "./rows";

interface ToolbarProps {
  filter: Filter;
  view: "list" | "matrix";
  gateways: GatewayRow[];
  shown: number;
  total: number;
  /** From the search on into the rows. */
  onLeaveSearch: () => void;
}

export function Toolbar({ filter, view, gateways, shown, total, onLeaveSearch }: ToolbarProps) {
  const number = (value: number): string => count(value, locale());
  return (
    <div class="toolbar" role="search">
      <Search text={filter.search} onLeave={onLeaveSearch} />
      {gateways.length > 1 && (
        <select
          class="field" aria-label={t("filter.gateway")} value={filter.gateway ?? ""} data-testid="filter-gateway"
          onChange={(event) => patch({ gateway: event.currentTarget.value, channel: null })}
        >
          <option value="">{t("filter.gateway")}: {t("filter.all")}</option>
          {gateways.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </select>
      )}
      <ChannelChoice filter={filter} many={gateways.length > 1} />
      <div class="chips" role="group" aria-label={t("filter.lights")}>
        {LIGHTS.map((light) => <LightChip key={light} light={light} filter={filter} />)}
        <button type="button" class="chip" aria-pressed={filter.withdrawn} onClick={() => patch({ withdrawn: !filter.withdrawn })} data-testid="filter-withdrawn">
          {t("filter.withdrawn")}
        </button>
      </div>
      {narrow.value && view === "list" && <SortChoice filter={filter} />}
      <span class="toolbar-end">
        <span class="figure faint" aria-live="polite" data-testid="count">{t("filter.count", { shown: number(shown), total: number(total) })}</span>
        {narrows(filter) && (
          <button type="button" class="link" onClick={() => patch({ gateway: null, channel: null, light: null, withdrawn: null, search: null })} data-testid="clear">
            {t("filter.clear")}
          </button>
        )}
        <span class="segments" role="group" aria-label={t("view.label")}>
          <button type="button" aria-pressed={view === "list"} onClick={() => patch({ view: null })} data-testid="view-list">{t("view.list")}</button>
          <button type="button" aria-pressed={view === "matrix"} onClick={() => patch({ view: "matrix" })} data-testid="view-matrix">{t("view.matrix")}</button>
        </span>
      </span>
    </div>
  );
}

/** What is typed shows at once; the address follows when the typing pauses, for browsers count how often it changes. */
const PAUSE = 120;

function Search({ text, onLeave }: { text: string; onLeave: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [typed, setTyped] = useState(text);
  const sent = useRef(text);
  useEffect(() => {
    // Another address (a link, back) fills the field; our own, a moment old, must not undo what was typed since.
    if (text === sent.current) return;
    sent.current = text;
    setTyped(text);
  }, [text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useShortcuts({ "/": () => field.current?.select() });
  const search = (value: string, wait: number): void => {
    setTyped(value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      sent.current = value.trim();
      patch({ search: sent.current });
    }, wait);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && typed !== "") search("", 0);
    else if (event.key === "Escape") field.current?.blur();
    else if (event.key === "ArrowDown" || event.key === "Enter") onLeave();
    else return;
    event.preventDefault();
  };
  return (
    <label class="search">
      <Icon name="search" />
      <span class="off-screen">{t("filter.search")}</span>
      <input
        ref={field} type="search" class="field" placeholder={t("filter.search")} value={typed} spellcheck={false} autocomplete="off" data-testid="search"
        onInput={(event) => search(event.currentTarget.value, PAUSE)} onKeyDown={press}
      />
      {typed === "" && !narrow.value && <kbd aria-hidden="true">/</kbd>}
    </label>
  );
}

function LightChip({ light, filter }: { light: State; filter: Filter }) {
  const on = filter.lights.includes(light);
  const next = on ? filter.lights.filter((other) => other !== light) : LIGHTS.filter((other) => other === light || filter.lights.includes(other));
  return (
    <button type="button" class="chip" aria-pressed={on} onClick={() => patch({ light: next.join(",") })} data-testid={`filter-${light}`}>
      <Light state={light} />{t(`light.${light}`)}
    </button>
  );
}

/** A channel's id is one gateway's own: choosing a channel chooses its gateway. */
function ChannelChoice({ filter, many }: { filter: Filter; many: boolean }) {
  const channels = useResource(`channels?gateway=${filter.gateway ?? ""}`, (abort) =>
    list<ChannelRow>("channels", { gateway: filter.gateway, limit: 1000 }, abort)).data?.rows ?? [];
  const chosen = channels.findIndex((row) => row.id === filter.channel && (filter.gateway === null || row.gateway === filter.gateway));
  const choose = (place: string): void => {
    const row = channels[Number(place)];
    if (place === "" || row === undefined) patch({ channel: null });
    else patch({ channel: row.id, gateway: many ? row.gateway : filter.gateway });
  };
  return (
    <select class="field" aria-label={t("filter.channel")} value={chosen < 0 ? "" : String(chosen)} onChange={(event) => choose(event.currentTarget.value)} data-testid="filter-channel">
      <option value="">{t("filter.channel")}: {t("filter.all")}</option>
      {channels.map((row, place) => (
        <option key={`${row.gateway} ${row.id}`} value={String(place)}>{many && filter.gateway === null ? `${row.gateway} / ${row.name}` : row.name}</option>
      ))}
    </select>
  );
}

const CHOICES: readonly [Sort, Key][] = [
  ["light", "col.light"], ["model", "col.model"], ["channel", "col.channel"], ["uptime", "col.uptime"], ["p50", "col.p50"],
  ["ttft", "col.ttft"], ["failures", "col.failures.title"], ["seen", "col.seen"],
];

/** Cards have no columns to click on. */
function SortChoice({ filter }: { filter: Filter }) {
  const choose = (value: string): void => {
    const sort = CHOICES.find(([name]) => name === value)?.[0] ?? null;
    patch({ sort, desc: sort !== null && ["light", "p50", "ttft", "failures", "seen"].includes(sort) });
  };
  return (
    <select class="field" aria-label={t("sort.by", { column: "" })} value={filter.sort ?? ""} onChange={(event) => choose(event.currentTarget.value)} data-testid="sort">
      <option value="">{t("sort.by", { column: "…" })}</option>
      {CHOICES.map(([sort, key]) => <option key={sort} value={sort}>{t("sort.by", { column: t(key) })}</option>)}
    </select>
  );
}
