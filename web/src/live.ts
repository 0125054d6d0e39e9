// The news: what runs, and that something is other than it was. SSE while it can be had, asking where it cannot.
import { signal } from "@preact/signals";
import { address, ApiError, get } from "./api";
import type { Event as News, Running, Status } from "./types";

/** Rounds under way. */
export const running = signal<Running[]>([]);
/** Grows whenever what is shown may be out of date. */
export const version = signal(0);
/** Whether news comes as it happens; otherwise it is asked for. */
export const connected = signal(false);

/** Since when the server does not answer at all; `null`: it does. */
export const lost = signal<string | null>(null);

/** What is shown grows old while a round runs, too: it is read again this often (ms). */
const WHILE_RUNNING = 15_000;
/** Without SSE, the server is asked this often (ms). */
const ASKING = 10_000;
/** The longest wait before SSE is tried again (ms). */
const LONGEST = 60_000;

let source: EventSource | null = null;
let failures = 0;
/** Whether there was news before: then some may have been missed. */
let heard = false;
let retry: ReturnType<typeof setTimeout> | undefined;
let lastRound = -1;

/** How long to wait before the next try, after so many failures (ms). */
export function backoff(failed: number): number {
  return Math.min(LONGEST, 1000 * 2 ** Math.max(0, failed - 1));
}

export function bump(): void {
  version.value += 1;
}

/** Begins to listen. A hidden tab lets go: browsers allow six connections to a server in all, over all tabs. */
export function listen(): void {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else open();
  });
  setInterval(() => {
    if (document.hidden) return;
    if (!connected.value) void poll();
    else if (running.value.length > 0) void poll();
  }, ASKING);
  setInterval(() => {
    if (!document.hidden && running.value.length > 0) bump();
  }, WHILE_RUNNING);
  if (!document.hidden) open();
}

/** Looks at what runs now, without waiting for news. */
export async function poll(): Promise<void> {
  try {
    const status = await get<Status>("status");
    const before = running.peek();
    const latest = status.timeline.reduce((most, round) => Math.max(most, round.id), -1);
    running.value = status.running;
    if ((lastRound >= 0 && latest !== lastRound) || before.length > status.running.length) bump();
    lastRound = latest;
    if (lost.peek() !== null) bump();
    lost.value = null;
  } catch (cause) {
    // Any other failure shows where it matters; the next try is a few seconds away.
    if (cause instanceof ApiError && cause.code === "offline") lost.value ??= new Date().toISOString();
  }
}

function open(): void {
  clearTimeout(retry);
  if (source !== null) return;
  const stream = new EventSource(address("events"));
  source = stream;
  stream.onopen = () => {
    failures = 0;
    connected.value = true;
    if (heard) bump();
    heard = true;
    void poll();
  };
  stream.onerror = () => {
    if (connected.peek()) void poll();
    connected.value = false;
    // The browser tries again by itself, unless the answer was no stream at all.
    if (stream.readyState !== EventSource.CLOSED) return;
    close();
    failures += 1;
    retry = setTimeout(open, backoff(failures));
  };
  for (const name of ["progress", "round", "changes", "messages"] as const) stream.addEventListener(name, hear);
}

function close(): void {
  clearTimeout(retry);
  source?.close();
  source = null;
  connected.value = false;
}

function hear(message: MessageEvent<string>): void {
  let news: News;
  try {
    news = JSON.parse(message.data) as News;
  } catch {
    return;
  }
  if (news.type === "progress") running.value = news.running;
  else bump();
}
