import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { address, ApiError, get, list, post, session } from "../src/api";

const answer = (body: unknown, init: ResponseInit = {}): Response => new Response(typeof body === "string" ? body : JSON.stringify(body), init);
const asked = vi.fn<typeof fetch>();

beforeEach(() => {
  asked.mockReset();
  vi.stubGlobal("fetch", asked);
  vi.stubGlobal("location", { hash: "#/changes/7" });
  session.value = null;
});
afterEach(() => vi.unstubAllGlobals());

const failure = async (promise: Promise<unknown>): Promise<ApiError> => {
  const cause: unknown = await promise.then(() => null, (reason: unknown) => reason);
  if (!(cause instanceof ApiError)) throw new Error(`no ApiError: ${String(cause)}`);
  return cause;
};

it("addresses are relative, so that a proxy may put the page below a path", () => {
  expect(address("models", { search: "a b&c", light: "", gateway: null, limit: 5 })).toBe("api/models?search=a+b%26c&limit=5");
});

it("a list knows how many there are in all", async () => {
  asked.mockResolvedValueOnce(answer([{ id: 1 }], { headers: { "X-Total-Count": "5000" } })).mockResolvedValueOnce(answer([{ id: 1 }, { id: 2 }]));
  expect(await list("models")).toEqual({ rows: [{ id: 1 }], total: 5000 });
  expect((await list("models")).total).toBe(2);
});

describe("failures", () => {
  it("say what the server says", async () => {
    asked.mockResolvedValueOnce(answer({ error: { code: "rate_limited", message: "m", hint: "h" } }, { status: 429, headers: { "Retry-After": "30" } }));
    expect(await failure(get("models"))).toMatchObject({ code: "rate_limited", message: "m", hint: "h", status: 429, retryAfter: 30 });
  });

  it("are told apart from a proxy's own page, and from silence", async () => {
    asked.mockResolvedValueOnce(answer("<html>", { status: 502 })).mockResolvedValueOnce(answer("<html>")).mockRejectedValueOnce(new TypeError("failed"));
    expect(await failure(get("a"))).toMatchObject({ code: "internal", message: "HTTP 502", status: 502 });
    expect(await failure(get("a"))).toMatchObject({ code: "internal", status: 200 });
    expect(await failure(get("a"))).toMatchObject({ code: "offline", status: 0 });
  });

  it("for want of a token lead to the login page, which knows the way back", async () => {
    asked.mockResolvedValueOnce(answer({ error: { code: "unauthorized", message: "m", hint: "" } }, { status: 401 }));
    await failure(get("models"));
    expect(location.hash).toBe("#/login?then=%23%2Fchanges%2F7");
  });
});

it("a deed carries the session's CSRF token, fetched first where it is not known", async () => {
  asked
    .mockResolvedValueOnce(answer({ may_read: true, may_act: true, needs_token: true, acts_with_token: true, csrf: "c-1" }))
    .mockResolvedValue(answer({ channels: [], notes: [] }));
  await post("scan", { gateway: "main" });
  expect(asked.mock.calls.map(([url]) => url)).toEqual(["api/session", "api/scan"]);
  expect(asked.mock.calls[1]?.[1]).toMatchObject({ method: "POST", body: '{"gateway":"main"}', headers: { "X-CSRF-Token": "c-1" } });
});
