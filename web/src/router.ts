// Where the page is: `#/model/17?window=7d`. Everything a person may want to send to somebody else is in the address.
import { signal } from "@preact/signals";

export const PAGES = [
  "overview", "alerts", "channels", "model", "rounds", "changes", "plan", "withdrawn", "free", "budget", "login", "about",
] as const;
export type PageName = (typeof PAGES)[number];

export interface Route {
  page: PageName | "missing";
  /** What stands behind the page's name, decoded: `#/model/ID`, `#/changes/ID`. */
  id: string | null;
  query: URLSearchParams;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** A hash as a route. A hash that cannot be decoded is a page that is not there. */
export function parse(hash: string): Route {
  const [path = "", search = ""] = splitOnce(hash.replace(/^#?\/?/, ""), "?");
  const query = new URLSearchParams(search);
  const [name = "", rest = ""] = splitOnce(path, "/");
  if (name === "") return { page: "overview", id: null, query };
  const page = PAGES.find((known) => known === name) ?? "missing";
  try {
    return { page, id: rest === "" ? null : decodeURIComponent(rest), query };
  } catch {
    return { page: "missing", id: null, query };
  }
}

/** The address of a page. Empty values are left out, so that a link says only what is not as usual. */
export function href(page: PageName, id?: string | number | null, query?: Query): string {
  const path = page === "overview" ? "" : page;
  const rest = id === undefined || id === null ? "" : `/${encodeURIComponent(String(id))}`;
  const search = query === undefined ? "" : merged(new URLSearchParams(), query).toString();
  return `#/${path}${rest}${search === "" ? "" : `?${search}`}`;
}

/** The query with some of it changed; `null`, `""` and `false` take a name out. */
export function merged(query: URLSearchParams, change: Query): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === undefined || value === "" || value === false) next.delete(name);
    else next.set(name, String(value));
  }
  return next;
}

const read = (): string => (typeof location === "undefined" ? "" : location.hash);

/** Where we are. */
export const route = signal<Route>(parse(read()));

export function go(page: PageName, id?: string | number | null, query?: Query): void {
  location.hash = href(page, id, query);
}

/** Changes the query of the page we are on, without a step in the browser's history unless `push` says so. */
export function patch(change: Query, push = false): void {
  const { page, id, query } = route.peek();
  if (page === "missing") return;
  const next = href(page, id, Object.fromEntries(merged(query, change)));
  if (push) {
    history.pushState(null, "", next);
    arrive();
  } else {
    history.replaceState(history.state, "", next);
    route.value = parse(next);
  }
}

/** How many steps lie behind us on this site: the mark of each entry of the browser's history. */
let step = 0;
/** How far the page was scrolled, by step. */
const scrolled = new Map<number, number>();

/** Begins to follow the address. */
export function follow(): void {
  history.scrollRestoration = "manual";
  step = stepOf(history.state) ?? 0;
  history.replaceState({ step }, "");
  addEventListener("popstate", arrive);
}

/** One page back, as long as that is one of ours; else to the overview. */
export function back(): void {
  if (step > 0) history.back();
  else go("overview");
}

/** We are on another entry of the browser's history: a new one begins at the top, a known one where it was left. */
function arrive(): void {
  scrolled.set(step, scrollY);
  const known = stepOf(history.state);
  const from = route.peek().page;
  if (known === null) history.replaceState({ step: step + 1 }, "");
  step = known ?? step + 1;
  route.value = parse(location.hash);
  if (known === null && route.value.page === from) return;
  // Once the page is drawn.
  requestAnimationFrame(() => scrollTo(0, known === null ? 0 : (scrolled.get(known) ?? 0)));
}

function stepOf(state: unknown): number | null {
  const found = typeof state === "object" && state !== null ? (state as Record<string, unknown>).step : null;
  return typeof found === "number" ? found : null;
}

function splitOnce(text: string, at: string): [string, string] {
  const place = text.indexOf(at);
  return place < 0 ? [text, ""] : [text.slice(0, place), text.slice(place + at.length)];
}
