// OpenRouter's free models: which answer now, how well, and until when.
import { useMemo } from "preact/hooks";
import { list } from "../api";
import { CopyButton } from "../components/copy";
import { Count, Ms, Percent, Time } from "../components/figures";
import { Light } from "../components/light";
import { EmptyState, ErrorBox, Loading } from "../components/notices";
import { Name, Words } from "../components/name";
import { count } from "../format";
import { locale, t, type Key } from "../i18n";
import { useResource } from "../resource";
import { patch, type Route } from "../router";
import type { FreeRow } from "../types";
import { SearchField } from "./acts/search-field";
import { word } from "./acts/words";
import { descends, matching, parseSort, sorted, type FreeSort } from "./free/order";
import "../styles/pages.css";

/** The most that the server gives away at once; OpenRouter has some thirty. */
const LIMIT = 1000;

export default function Free({ route }: { route: Route }) {
  const read = (name: string): string => route.query.get(name) ?? "";
  const all = read("all") !== "";
  const query = { all: all ? true : "", limit: LIMIT };
  const { data, error, reload } = useResource(`free?${all}`, (abort) => list<FreeRow>("free", query, abort));
  const [sort, reverse, search] = [parseSort(read("sort")), read("desc") !== "", read("search")];
  const rows = useMemo(() => sorted(matching(data?.rows ?? [], search), sort, reverse), [data, search, sort, reverse]);
  const by = (next: FreeSort): void => patch({ sort: next === "light" ? null : next, desc: next === sort && !reverse });
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("page.free")}</h1>
        <SearchField value={search} label={t("free.search")} onSearch={(text) => patch({ search: text })} />
        <label class="check"><input type="checkbox" checked={all} onChange={(event) => patch({ all: event.currentTarget.checked })} /> {t("free.all")}</label>
        {data !== null && <span class="faint">{t("filter.count", { shown: rows.length, total: data.total })}</span>}
      </header>
      {error !== null && <ErrorBox error={error} retry={reload} stale={data !== null} />}
      {data === null && error === null && <Loading />}
      {data !== null && data.rows.length === 0 && <EmptyState title={t("free.none")} hint={t("free.none.hint")} />}
      {data !== null && data.rows.length > 0 && rows.length === 0 && <EmptyState title={t("empty.filtered")} />}
      {rows.length > 0 && (
        <section class="panel table-scroll">
          <table class="table stacked">
            <thead>
              <tr>
                {COLUMNS.map(([column, key, figures]) => (
                  <th key={column} scope="col" class={figures ? "number" : undefined} aria-sort={column !== sort ? undefined : descends(sort, reverse) ? "descending" : "ascending"}>
                    <button type="button" class="sort" onClick={() => by(column)}>{t(key)}{column === sort && (descends(sort, reverse) ? " ↓" : " ↑")}</button>
                  </th>
                ))}
                <th scope="col">{t("free.takes")}</th>
                <th scope="col">{t("free.probe")}</th>
              </tr>
            </thead>
            <tbody>{rows.map((row) => <Row key={row.id} row={row} />)}</tbody>
          </table>
        </section>
      )}
    </div>
  );
}

const COLUMNS: readonly [FreeSort, Key, boolean][] = [
  ["light", "col.light", false],
  ["id", "col.model", false],
  ["context_length", "free.context", true],
  ["uptime", "col.uptime", true],
  ["throughput", "free.throughput", true],
  ["latency_ms", "free.latency", true],
  ["ends", "free.ends", false],
];

function Row({ row }: { row: FreeRow }) {
  return (
    <tr data-testid="free-row">
      <td><span class="light-word"><Light state={row.light} /> {t(`light.${row.light}`)}</span></td>
      <td class="wide-name">
        <span class="with-copy"><Name text={row.id} mono testId="model-name" /><CopyButton text={row.id} what={row.id} /></span>
        <small class="faint">
          {row.free_kind !== "suffix" && <>{word("free-kind", row.free_kind)}. </>}
          {row.usable === false && <span class="bad">{t("free.not-usable")} </span>}
          {row.why !== "" && <Words text={row.why} />}
        </small>
      </td>
      <td data-label={t("free.context")} class="number"><Count value={row.context_length} /></td>
      <td data-label={t("col.uptime")} class="number"><Percent value={row.uptime} /></td>
      <td data-label={t("free.throughput")} class="number">{row.throughput === null ? "–" : t("free.tokens", { count: count(Math.round(row.throughput), locale()) })}</td>
      <td data-label={t("free.latency")} class="number"><Ms value={row.latency_ms} /></td>
      <td data-label={t("free.ends")}>{row.ends === null ? <span class="faint">–</span> : <span class="tag tag-degraded">{row.ends}</span>}</td>
      <td data-label={t("free.takes")} class="faint"><bdi>{row.modalities}</bdi></td>
      <td data-label={t("free.probe")}>{row.probe_outcome === null ? <span class="faint">{t("time.never")}</span> : <>{word("outcome", row.probe_outcome)} <span class="faint"><Time at={row.probed_at} /></span></>}</td>
    </tr>
  );
}
