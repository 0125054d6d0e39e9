// A server that answers as the API does, for looking at the dashboard without one: `npm run build`, then
// `node test/mock.mjs [models] [port]`. Strict: what the API refuses, this refuses. Everything comes from one seed.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { pageRoutes } from "./mock-pages.mjs";

const MODELS = Number(process.argv[2] ?? 5000);
const PORT = Number(process.argv[3] ?? 8799);
const DIST = join(fileURLToPath(new URL(".", import.meta.url)), "..", "dist");
const CSP = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const HOUR = 3_600_000;
const started = Date.now();

let seed = 42;
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};
const pick = (list) => list[Math.floor(random() * list.length)];
const time = (past) => new Date(started - past).toISOString().replace(/\.\d+Z/, "Z");

const MAKERS = ["openai", "anthropic", "google", "meta-llama", "mistralai", "qwen", "deepseek", "x-ai", "cohere", "microsoft", "z-ai", "moonshotai"];
const FAMILIES = ["gpt-4o", "claude-sonnet-4.5", "gemini-2.5-pro", "llama-4-maverick", "mistral-large-2512", "qwen3-235b-a22b", "deepseek-v3.2", "grok-4-fast", "command-r-plus", "phi-4", "glm-4.6", "kimi-k2"];
const KINDS = ["", "-mini", "-2025-08-06", ":free", "-thinking", "-instruct", "-preview", "-turbo"];
const HOSTILE = [
  '<img src=x onerror="document.title=\'owned\'">',
  "\u202Eevitisop-eslaf/ledom",
  "نموذج/لغة-كبيرة",
  `long/${"very-".repeat(59)}end`,
  "\"><script>alert(1)</script>",
];
const WHY = {
  OK: [""],
  429: ["rate limit: 20 requests per minute for this key, try again in 41 s"],
  "HTTP 503": ["upstream overloaded; no healthy upstream for the requested model", "<b>Service Unavailable</b>"],
  "HTTP 404": ["The model does not exist or you do not have access to it."],
  FAIL: ["no answer within 30 s", "connection reset by peer while the answer was read"],
  NONE: [""],
};
const OUTCOMES = { OK: "works", 429: "busy", "HTTP 503": "broken", "HTTP 404": "gone", FAIL: "timed-out", NONE: "" };

const gateways = ["main", "edge-asia"];
const channels = Array.from({ length: Math.max(6, Math.ceil(MODELS / 60)) }, (_, index) => ({
  gateway: gateways[index % 5 === 4 ? 1 : 0],
  id: index + 1,
  name: `${pick(["OpenRouter", "Azure", "Bedrock", "Relay", "DeepInfra", "Together", "自建渠道", "Vertex"])} ${pick(["eu", "us", "hk", "主力", "backup", "pool"])} ${index + 1}`,
  provider: pick(["openai", "anthropic", "azure", "gemini", "openrouter"]),
  status: index % 17 === 3 ? "auto-disabled" : index % 23 === 7 ? "disabled" : "enabled",
  groups: pick(["default", "default,vip", "vip"]),
  note: index % 17 === 3 ? "left alone: the gateway disabled it" : "",
  hold: index === 2 ? "maintenance until Friday" : null,
}));

const models = Array.from({ length: MODELS }, (_, index) => {
  const channel = channels[index % channels.length];
  const mood = random();
  const label = mood < 0.8 ? "OK" : mood < 0.86 ? "429" : mood < 0.9 ? "HTTP 503" : mood < 0.93 ? "HTTP 404" : mood < 0.97 ? "FAIL" : "NONE";
  const light = label === "OK" ? (random() < 0.06 ? "degraded" : "up") : label === "429" ? "degraded" : label === "NONE" ? "unknown" : "down";
  const base = 200 + Math.floor(random() ** 3 * 6000);
  const asked = label !== "NONE";
  const hours = Array.from({ length: 24 }, () => (!asked || random() < 0.06 ? null : light === "down" && random() < 0.7 ? Math.floor(random() * 60) : random() < 0.9 ? 100 : 66));
  const known = hours.filter((hour) => hour !== null);
  const withdrawn = light === "down" && random() < 0.3;
  const turn = Math.floor(index / channels.length);
  const maker = (turn + channel.id * 5) % MAKERS.length;
  const detail = pick(WHY[label]);
  return {
    id: index + 1,
    gateway: channel.gateway,
    channel: channel.id,
    channel_name: channel.name,
    model_id: HOSTILE[index] ?? `${MAKERS[maker]}/${FAMILIES[maker]}${KINDS[Math.floor(turn / MAKERS.length) % KINDS.length]}`,
    listed: !withdrawn,
    withdrawn: withdrawn ? { at: time(HOUR * 5), outcome: OUTCOMES[label], count: 4, since: time(HOUR * 7), reason: `${label} 4 times in a row: ${detail}` } : null,
    light,
    latest_status: label,
    outcome: OUTCOMES[label],
    status: label === "OK" ? 200 : label === "429" ? 429 : label.startsWith("HTTP") ? Number(label.slice(5)) : null,
    detail,
    last_seen: asked ? time(random() * HOUR) : null,
    since: asked ? time(HOUR * (1 + random() * 200)) : null,
    next_probe: light === "down" ? time(-HOUR / 3) : null,
    uptime_24h: known.length === 0 ? null : known.reduce((sum, hour) => sum + hour, 0) / known.length,
    avg_latency_24h: asked ? base * 1.1 : null,
    p50_ms: asked ? base : null,
    p95_ms: asked ? Math.floor(base * (1.4 + random() * 2)) : null,
    ttft_p50_ms: asked && random() < 0.8 ? Math.floor(base * 0.4) : null,
    consecutive_failures: light === "down" ? 1 + Math.floor(random() * 12) : 0,
    sparkline_data: hours.map((hour) => (hour === null || hour === 0 ? null : Math.floor(base * (0.7 + random() * 0.8)))),
    uptime_hours: hours,
  };
});

const lightsOf = (rows) => Object.fromEntries(["up", "degraded", "down", "unknown"].map((light) => [light, rows.filter((row) => row.light === light).length]));
const uptimeOf = (rows) => {
  const known = rows.filter((row) => row.uptime_24h !== null);
  return known.length === 0 ? null : known.reduce((sum, row) => sum + row.uptime_24h, 0) / known.length;
};
const median = (rows, field) => rows.map((row) => row[field]).filter((value) => value !== null).sort((a, b) => a - b)[Math.floor(rows.length / 2)] ?? null;

const gatewayRows = () => gateways.map((name) => {
  const rows = models.filter((row) => row.gateway === name);
  const stale = name === "edge-asia";
  return {
    name, kind: stale ? "one-hub" : "new-api", mode: stale ? "propose" : "apply", channels: channels.filter((row) => row.gateway === name).length,
    models: rows.length, ...lightsOf(rows), withdrawn: rows.filter((row) => row.withdrawn !== null).length,
    last_round: time(stale ? HOUR / 2 : HOUR / 6), last_good: time(stale ? 3 * HOUR : HOUR / 6), stale, next_hint: time(-HOUR / 2),
    error: stale ? "the gateway answered 502 to the channel list" : null,
  };
});

let running = [];
const listeners = new Set();
let lastRound = 12;
const tell = (type, rest) => {
  for (const listener of listeners) listener.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
};
const scan = () => {
  const round = { gateway: "main", since: time(0), full: true, expected: 0, done: 0 };
  running = [round];
  tell("progress", { running });
  const step = setInterval(() => {
    round.expected = 400;
    round.done = Math.min(400, round.done + 37);
    const row = models[Math.floor(random() * models.length)];
    row.light = row.light === "up" ? "down" : "up";
    if (round.done < 400) return tell("progress", { running });
    clearInterval(step);
    running = [];
    lastRound += 1;
    tell("round", { gateway: "main" });
    tell("progress", { running });
  }, 500);
};

class Refused extends Error {
  constructor(status, code, message, hint = "", headers = {}) {
    super(message);
    Object.assign(this, { status, code, hint, headers });
  }
}
const bad = (message) => new Refused(400, "bad_request", message, "See /api for what may be asked.");
const only = (query, ...names) => {
  for (const name of query.keys()) if (!names.includes(name)) throw bad(`unknown parameter: ${name}`);
};
const whole = (query, name, usual, most) => {
  const text = query.get(name);
  if (text === null) return usual;
  if (!/^\d+$/.test(text) || Number(text) > most) throw bad(`${name} must be a whole number up to ${most}`);
  return Number(text);
};
const page = (rows, query, usual, most) => {
  const offset = whole(query, "offset", 0, 2 ** 31);
  return { body: rows.slice(offset, offset + whole(query, "limit", usual, most)), headers: { "X-Total-Count": rows.length } };
};

const routes = {
  "GET /api/summary": (query) => {
    only(query, "gateway");
    const rows = models.filter((row) => query.get("gateway") === null || row.gateway === query.get("gateway"));
    const { up, degraded, down, unknown } = lightsOf(rows);
    return { body: {
      total_models: rows.length, healthy_count: up, degraded_count: degraded, down_count: down, unknown_count: unknown,
      withdrawn_count: rows.filter((row) => row.withdrawn !== null).length, uptime_24h: uptimeOf(rows), p50_ms: median(rows, "p50_ms"), p95_ms: median(rows, "p95_ms"),
      last_updated: time(60_000), pending_count: 3, held_count: 2, alerts_count: pages.alerts(query.get("gateway")).length, channels_count: channels.length, free_count: 31, hold: true, running,
      gateways: gatewayRows(), may_act: true, version: "0.1.0",
    } };
  },
  "GET /api/gateways": (query) => (only(query), { body: gatewayRows() }),
  "GET /api/channels": (query) => {
    only(query, "gateway", "limit", "offset");
    const rows = channels.filter((row) => query.get("gateway") === null || row.gateway === query.get("gateway")).map((channel) => {
      const own = models.filter((row) => row.channel === channel.id);
      return { ...channel, models: own.length, ...lightsOf(own), withdrawn: own.filter((row) => row.withdrawn !== null).length, uptime_24h: uptimeOf(own) };
    });
    return page(rows, query, 100, 1000);
  },
  "GET /api/models": (query) => {
    only(query, "gateway", "channel", "light", "withdrawn", "search", "sort", "desc", "limit", "offset");
    const channel = query.get("channel") === null ? null : whole(query, "channel", 0, 2 ** 31);
    const rows = models.filter((row) => (query.get("gateway") === null || row.gateway === query.get("gateway")) && (channel === null || row.channel === channel));
    return page(rows, query, 100, 5000);
  },
  "GET /api/status": (query) => (only(query), { body: { scan_state: running.length > 0 ? "running" : "idle", running, timeline: [{
    id: lastRound, gateway: "main", mode: "full", started: time(HOUR / 5), ended: time(HOUR / 6), pairs: MODELS, probed: MODELS, ok: 10, limited: 1, failed: 1, missed: 0, ok_rate: 83.3, changes: 0, held: 0, errors: [], notes: [],
  }] } }),
  "POST /api/scan": () => {
    if (running.length > 0) throw new Refused(409, "conflict", "a round is under way", "Wait until it ends.");
    scan();
    return { status: 202, body: { channels: [], notes: [] } };
  },
};

const pages = pageRoutes({ models, channels, gateways, random, pick, time, only, page, whole, Refused, bad, tell });

async function content(request) {
  let text = "";
  for await (const part of request) text += part;
  return text === "" ? {} : JSON.parse(text);
}

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

async function file(path, response) {
  const name = normalize(path === "/" ? "/index.html" : path);
  const content = await readFile(join(DIST, name)).catch(() => null);
  if (content === null) throw new Refused(404, "not_found", `there is no ${path}`);
  response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream", "Content-Security-Policy": CSP, "Cache-Control": "no-cache" });
  response.end(content);
}

function send(request, response, status, body, headers = {}) {
  const text = Buffer.from(JSON.stringify(body));
  const small = (request.headers["accept-encoding"] ?? "").includes("gzip");
  response.writeHead(status, { "Content-Type": "application/json", ...(small && { "Content-Encoding": "gzip" }), ...headers });
  response.end(small ? gzipSync(text) : text);
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://mock");
  try {
    if (url.pathname === "/api/events") {
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
      response.write(`: hello\n\nevent: progress\ndata: ${JSON.stringify({ type: "progress", running })}\n\n`);
      listeners.add(response);
      request.on("close", () => listeners.delete(response));
      return;
    }
    if (!url.pathname.startsWith("/api")) return await file(url.pathname, response);
    const body = request.method === "POST" ? await content(request) : {};
    if (request.method === "POST" && request.headers["x-csrf-token"] !== "mock-csrf") throw new Refused(403, "forbidden", "the CSRF token is missing or old", "Load the page again.");
    const route = routes[`${request.method} ${url.pathname}`];
    const behind = pages.answer(request.method, url.pathname, url.searchParams, body);
    if (behind !== null) return send(request, response, behind.status ?? 200, behind.body, behind.headers);
    if (route === undefined) throw new Refused(404, "not_found", `there is no ${request.method} ${url.pathname}`, "See /api.");
    const { status = 200, body: told, headers } = route(url.searchParams);
    send(request, response, status, told, headers);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    send(request, response, error.status, { error: { code: error.code, message: error.message, hint: error.hint } }, error.headers);
  }
});
server.listen(PORT, "127.0.0.1", () => console.log(`http://127.0.0.1:${PORT}/ with ${MODELS} models`));
