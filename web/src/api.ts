// The way to the server. Every answer is JSON; every failure is an `ApiError` that says what to do next.
import { signal } from "@preact/signals";
import { go, route, type Query } from "./router";
import type { Session } from "./types";

export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    /** `not_found`, `conflict` and so on; `offline` where no answer came. */
    readonly code: string,
    message: string,
    readonly hint: string,
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
    /** Seconds to wait, where the server says so. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

export interface List<T> {
  rows: T[];
  /** How many there are in all, on this page of the list or not. */
  total: number;
}

/** Who we are to the server; `null` until it was asked. */
export const session = signal<Session | null>(null);

/** An address below `/api`, wherever a reverse proxy puts the page. */
export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  const tail = search.toString();
  return `api/${path}${tail === "" ? "" : `?${tail}`}`;
}

export async function get<T>(path: string, query: Query = {}, abort?: AbortSignal): Promise<T> {
  const answer = await ask(address(path, query), { signal: abort ?? null });
  return body<T>(answer);
}

export async function list<T>(path: string, query: Query = {}, abort?: AbortSignal): Promise<List<T>> {
  const answer = await ask(address(path, query), { signal: abort ?? null });
  const rows = await body<T[]>(answer);
  const total = Number(answer.headers.get("X-Total-Count") ?? rows.length);
  return { rows, total: Number.isFinite(total) ? total : rows.length };
}

export async function post<T>(path: string, content: object = {}): Promise<T> {
  const csrf = session.peek()?.csrf ?? (await refreshSession()).csrf;
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (csrf !== null && csrf !== "") headers["X-CSRF-Token"] = csrf;
  try {
    return await body<T>(await ask(address(path), { method: "POST", headers, body: JSON.stringify(content) }));
  } catch (cause) {
    // Logged out elsewhere, or for too long: what the page offers should say so.
    if (cause instanceof ApiError && cause.code === "forbidden") void refreshSession().catch(() => undefined);
    throw cause;
  }
}

/** Asks who we are, and remembers it. */
export async function refreshSession(): Promise<Session> {
  const found = await get<Session>("session");
  session.value = found;
  return found;
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { credentials: "same-origin", ...init });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError("offline", "channelwarden does not answer", "Is it running? This page tries again by itself.", 0);
  }
  if (answer.ok) return answer;
  const failure = await failed(answer);
  if (answer.status === 401) toLogin();
  throw failure;
}

async function body<T>(answer: Response): Promise<T> {
  if (answer.status === 204) return undefined as T;
  try {
    return (await answer.json()) as T;
  } catch {
    throw new ApiError("internal", "The answer is not JSON", "Is a proxy in between answering in its place?", answer.status);
  }
}

async function failed(answer: Response): Promise<ApiError> {
  const wait = Number(answer.headers.get("Retry-After") ?? Number.NaN);
  const retryAfter = Number.isFinite(wait) ? wait : null;
  const said: unknown = await answer.json().catch(() => null);
  const error = field(said, "error");
  return new ApiError(
    text(field(error, "code")) ?? "internal",
    text(field(error, "message")) ?? `HTTP ${answer.status}`,
    text(field(error, "hint")) ?? "",
    answer.status,
    retryAfter,
  );
}

/** To the login page, which leads back to where we were. */
function toLogin(): void {
  if (route.peek().page === "login") return;
  const back = typeof location === "undefined" ? "" : location.hash;
  go("login", null, { then: back });
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
