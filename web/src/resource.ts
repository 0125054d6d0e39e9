// What a page reads from the server: kept while it is read again, so that a refresh neither flickers nor scrolls.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "./api";
import { version } from "./live";

export interface Resource<T> {
  /** What was read last; stays while it is read again, and when that fails. */
  data: T | null;
  error: ApiError | null;
  loading: boolean;
  reload: () => void;
}

type Load<T> = (abort: AbortSignal) => Promise<T>;

/** Read once, shown at once when a person comes back. By key; a handful of lists at most. */
const kept = new Map<string, unknown>();
const KEPT = 24;

/** What is being read: two parts of a page that want the same share one request. */
interface Flight {
  round: number;
  users: number;
  abort: AbortController;
  answer: Promise<unknown>;
}
const flights = new Map<string, Flight>();

/**
 * Reads `load` now, whenever `key` is another, and whenever something on the server is other than it was.
 * `key` names everything that `load` depends on: `models?gateway=a`.
 */
export function useResource<T>(key: string, load: Load<T>): Resource<T> {
  const [, redraw] = useState(0);
  const [asked, askAgain] = useState(0);
  const state = useRef<{ key: string; data: T | null; error: ApiError | null; loading: boolean }>(null);
  if (state.current === null || state.current.key !== key) {
    state.current = { key, data: (kept.get(key) as T | undefined) ?? null, error: null, loading: true };
  }
  const now = version.value;
  useEffect(() => {
    let left = false;
    const settle = (data: T | null, error: ApiError | null): void => {
      if (left || state.current === null) return;
      state.current = { key, data: data ?? state.current.data, error, loading: false };
      redraw((count) => count + 1);
    };
    const [answer, leave] = board(key, now, load);
    answer.then((data) => settle(data, null), (cause: unknown) => settle(null, asApiError(cause)));
    return () => {
      left = true;
      leave();
    };
  }, [key, now, asked]);
  const { data, error, loading } = state.current;
  return { data, error, loading, reload: () => askAgain((count) => count + 1) };
}

/** Joins who reads that already, or begins. The last one to leave ends it. */
function board<T>(key: string, round: number, load: Load<T>): [Promise<T>, () => void] {
  let flight = flights.get(key);
  if (flight === undefined || flight.round !== round) {
    const abort = new AbortController();
    const begun: Flight = { round, users: 0, abort, answer: load(abort.signal) };
    const landed = (): void => {
      if (flights.get(key) === begun) flights.delete(key);
    };
    begun.answer.then((data) => { keep(key, data); landed(); }, landed);
    flights.set(key, begun);
    flight = begun;
  }
  const joined = flight;
  joined.users += 1;
  return [joined.answer as Promise<T>, () => {
    joined.users -= 1;
    if (joined.users > 0) return;
    joined.abort.abort();
    if (flights.get(key) === joined) flights.delete(key);
  }];
}

function keep(key: string, data: unknown): void {
  kept.delete(key);
  kept.set(key, data);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
  }
}

export function asApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  return new ApiError("internal", cause instanceof Error ? cause.message : String(cause), "", 0);
}
