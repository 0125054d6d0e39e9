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

/** Read once, shown at once when a person comes back. By key; a handful of lists at most. */
const kept = new Map<string, unknown>();
const KEPT = 24;

/**
 * Reads `load` now, whenever `key` is another, and whenever something on the server is other than it was.
 * `key` names everything that `load` depends on: `models?gateway=a`.
 */
export function useResource<T>(key: string, load: (abort: AbortSignal) => Promise<T>): Resource<T> {
  const [, redraw] = useState(0);
  const [asked, askAgain] = useState(0);
  const state = useRef<{ key: string; data: T | null; error: ApiError | null; loading: boolean }>(null);
  if (state.current === null || state.current.key !== key) {
    state.current = { key, data: (kept.get(key) as T | undefined) ?? null, error: null, loading: true };
  }
  const now = version.value;
  useEffect(() => {
    const abort = new AbortController();
    const settle = (data: T | null, error: ApiError | null): void => {
      if (abort.signal.aborted || state.current === null) return;
      state.current = { key, data: data ?? state.current.data, error, loading: false };
      redraw((count) => count + 1);
    };
    load(abort.signal).then(
      (data) => {
        keep(key, data);
        settle(data, null);
      },
      (cause: unknown) => settle(null, asApiError(cause)),
    );
    return () => abort.abort();
  }, [key, now, asked]);
  const { data, error, loading } = state.current;
  return { data, error, loading, reload: () => askAgain((count) => count + 1) };
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
