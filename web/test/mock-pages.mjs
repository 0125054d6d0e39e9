// The mock's answers for the pages behind the overview. What a POST changes, later GETs show.

import { alertRoutes } from "./mock-alerts.mjs";

const HOUR = 3_600_000;
const CELLS = ["OK", "OK", "OK", "OK", "OK", "OK", "429", "FAIL", "MISS"];

/** `tools`: what mock.mjs has: models, channels, gateways, random, pick, time, only, page, whole, Refused, bad, tell. */
export function pageRoutes(tools) {
  const { models, channels, gateways, random, pick, time, only, page, whole, Refused, bad, tell } = tools;
  const started = Date.now();
  const named = (id) => {
    const one = models.find((row) => String(row.id) === id);
    const rows = one === undefined ? models.filter((row) => row.model_id === id) : [one];
    if (rows.length === 0) throw new Refused(404, "not_found", "there is no such model", "/api/models lists them");
    return rows;
  };
  const seriesOf = (query, scale, base) => {
    const hours = { "24h": 24, "7d": 168, "30d": 720, "90d": 2160 }[query.get("window") ?? "24h"];
    const length = { "1h": 1, "6h": 6, "1d": 24 }[query.get("bucket") ?? "1h"];
    if (hours === undefined || length === undefined) throw bad("window and bucket are as the page about the API says");
    const step = length * HOUR;
    const until = (Math.floor(Date.now() / step) + 1) * step;
    const points = [];
    for (let at = until - hours * HOUR; at < until; at += step) {
      const mood = random();
      if (mood < 0.12) continue;
      const seen = Math.ceil(4 * length * scale);
      const unknown = mood < 0.2 ? seen : Math.floor(random() * seen * 0.2);
      const down = mood < 0.2 ? 0 : mood < 0.32 ? Math.ceil((seen - unknown) * random()) : 0;
      const up = seen - unknown - down;
      const known = up + down > 0;
      const p50 = known && up > 0 ? Math.floor(base * (0.8 + random() * 0.5)) : null;
      points.push({
        at: new Date(at).toISOString().replace(".000", ""), up, down, unknown, limited: Math.floor(unknown / 2), uptime: known ? (100 * up) / (up + down) : null,
        p50_ms: p50, p95_ms: p50 === null ? null : Math.floor(p50 * (1.3 + random())), ttft_p50_ms: p50 === null ? null : Math.floor(p50 * 0.35), ttft_p95_ms: p50 === null ? null : Math.floor(p50 * 0.7),
      });
    }
    return points;
  };
  const rounds = Array.from({ length: 80 }, (_, index) => {
    const [pairs, failed, limited] = [900, Math.floor(random() * (index % 19 === 4 ? 600 : 60)), Math.floor(random() * 40)];
    const [probed, ok] = [880, 880 - failed - limited];
    return {
      id: 200 - index, gateway: index % 5 === 4 ? gateways[1] : gateways[0], mode: "apply", full: index % 4 !== 1, started: time((index + 0.2) * HOUR / 2), ended: time((index + 0.1) * HOUR / 2),
      pairs, probed, ok, limited, failed, missed: 20, ok_rate: (100 * ok) / (ok + failed), changes: index % 6 === 2 ? 3 : 0, held: index % 9 === 3 ? 1 : 0,
      errors: index % 13 === 5 ? ["channel #14: the upstream's list could not be read: connection refused (is it running? its address is in the gateway's channel)"] : [],
      notes: index % 4 === 0 ? ["3 models were left out: the day's budget is nearly used up", "<b>notes are text</b>"] : [],
    };
  });
  const reason = (row) => `gone 2× over 10m: ${row.detail || "The model does not exist"}`;
  const makeChange = (index) => {
    const channel = channels[index % channels.length];
    const own = models.filter((row) => row.channel === channel.id);
    const names = [...new Set(own.map((row) => row.model_id))];
    const removed = index % 11 === 10 ? [] : own.slice(0, 1 + (index % 3)).map((row) => ({ model: row.model_id, reason: reason(row) }));
    const restored = index % 11 === 10 ? [] : index % 2 === 0 ? ["back/again-model"] : [];
    const added = index % 5 === 1 ? ["new/model-one"] : [];
    const gone = new Set(removed.map(({ model }) => model));
    const state = index === 0 ? "open" : index % 8 === 5 ? "conflict" : index % 8 === 6 ? "abandoned" : "applied";
    return {
      id: 60 - index, gateway: channel.gateway, channel: channel.id, channel_name: channel.name, state, opened: time((index + 0.3) * HOUR), settled: state === "open" ? null : time((index + 0.29) * HOUR),
      round: 200 - index, removed, added, restored, before: names, after: [...names.filter((name) => !gone.has(name)), ...restored, ...added], undoes: null, undone_by: null,
      undoable: state === "applied", live: state === "applied" && index > 2 ? time(index * HOUR) : null, live_due: state === "applied" && index <= 2 ? time(-60_000) : null,
      live_note: index === 4 ? "the gateway still lists it for its users; asked again in 10 minutes" : "", note: state === "conflict" ? "the channel was edited since: priority 0 became 5" : "",
    };
  };
  let changes = Array.from({ length: 60 }, (_, index) => makeChange(index));
  const guards = [["channel-limit", true, "12 of 40 models at once; the limit is 25 %"], ["last-route", true, "group vip has no other channel for it"], ["channel-down", false, "nothing of 18 models answered"]];
  let plans = Array.from({ length: 4 }, (_, index) => {
    const like = changes[index + 7];
    const [guard, may_be_lifted, why] = guards[index % 3];
    const held = [{ guard, why, may_be_lifted, removals: like.before.slice(-2).map((model) => ({ model, reason: "timed-out 5× over 2h: no answer within 30 s" })), additions: index === 1 ? ["new/held-one"] : [] }];
    const wants = index !== 2;
    return {
      gateway: like.gateway, channel: like.channel, channel_name: like.channel_name, round: 200, at: time(HOUR / 6), mode: "propose", mark: `mark-${index}`, before: like.before, after: wants ? like.after : like.before,
      removed: wants ? like.removed : [], added: wants ? like.added : [], restored: wants ? like.restored : [], held: index === 3 ? [] : held,
    };
  });
  let holds = [
    { id: null, gateway: null, channel: null, model: null, reason: "the hold file beside our store exists; remove it to go on", at: null },
    { id: 1, gateway: gateways[0], channel: 3, model: null, reason: "maintenance until Friday", at: time(HOUR * 20) },
    { id: 2, gateway: gateways[0], channel: 4, model: '<img src=x onerror="document.title=\'owned\'">', reason: "undone: change 41", at: time(HOUR * 2) },
  ];
  let inside = true;
  let tries = 0;
  const session = () => ({ may_read: inside, may_act: inside, needs_token: true, acts_with_token: true, csrf: "mock-csrf" });
  const of = (query) => (row) => (query.get("gateway") === null || row.gateway === query.get("gateway")) && (query.get("channel") === null || row.channel === whole(query, "channel", 0, 2 ** 31));
  const found = (query) => (row) => row.model_id.toLowerCase().includes((query.get("search") ?? "").toLowerCase());
  const fields = (body, ...names) => {
    for (const name of Object.keys(body)) if (!names.includes(name)) throw bad(`unknown field: ${name}`);
  };
  const done = (body, outcome, change = null, why = "") => {
    const channel = channels.find((row) => row.id === body.channel);
    tell("changes", { gateway: body.gateway ?? gateways[0] });
    return { body: { channels: channel === undefined ? [] : [{ gateway: channel.gateway, channel: channel.id, channel_name: channel.name, outcome, change, why }], notes: [] } };
  };
  const planned = (body) => {
    const at = plans.findIndex((row) => row.gateway === body.gateway && row.channel === body.channel);
    if (at < 0) throw new Refused(404, "not_found", "nothing is wanted of that channel", "/api/plan shows what is");
    return plans.splice(at, 1)[0];
  };
  const write = (body, ...more) => {
    fields(body, "gateway", "channel", ...more);
    const { held: _held, mode: _mode, mark: _mark, at, ...plan } = planned(body);
    const change = { ...plan, id: changes[0].id + 1, state: "applied", opened: at, settled: at, undoes: null, undone_by: null, undoable: true, live: null, live_due: time(-60_000), live_note: "", note: "" };
    changes = [change, ...changes];
    return done(body, "applied", change.id);
  };

  const alerts = alertRoutes({ ...tools, fields });
  const routes = [
    ...alerts.routes,
    ["GET", /^\/api\/session$/, () => ({ body: session() })],
    ["GET", /^\/api\/models$/, (query) => {
      if (query.get("withdrawn") !== "true") return null;
      return page(models.filter((row) => row.withdrawn !== null).filter(of(query)).filter(found(query)), query, 100, 5000);
    }],
    ["GET", /^\/api\/models\/([^/]+)$/, (query, id) => {
      only(query);
      const [row] = named(id);
      return { body: { ...row, elsewhere: models.filter((other) => other.model_id === row.model_id && other.id !== row.id) } };
    }],
    ["GET", /^\/api\/models\/([^/]+)\/history$/, (query, id) => {
      only(query, "limit");
      const rows = named(id);
      const looks = Array.from({ length: whole(query, "limit", 50, 1000) }, (_, index) => {
        const row = rows[index % rows.length];
        const label = index === 0 ? row.latest_status : pick(["OK", "OK", "OK", row.latest_status, "429"]);
        const ok = label === "OK";
        return {
          model: row.id, run_datetime: time(index * HOUR / 2), ok, status_label: label, outcome: ok ? "works" : label === "429" ? "busy" : label === "FAIL" ? "timed-out" : label.startsWith("HTTP 5") ? "broken" : "gone",
          status: ok ? 200 : null, latency_ms: Math.floor(300 + random() * 2000), ttft_ms: ok ? Math.floor(100 + random() * 400) : null, shape: "chat-stream", cost: 12, round: 200 - index, detail: ok ? "" : row.detail,
        };
      });
      return { body: looks };
    }],
    ["GET", /^\/api\/models\/([^/]+)\/series$/, (query, id) => (only(query, "window", "bucket"), { body: seriesOf(query, 1, named(id)[0].p50_ms ?? 800) })],
    ["GET", /^\/api\/models\/([^/]+)\/transitions$/, (query, id) => {
      only(query, "limit");
      const [row] = named(id);
      const { gateway, channel, model_id } = row;
      return { body: Array.from({ length: 7 }, (_, index) => ({ model: row.id, gateway, channel, model_id, at: time((index + 1) * 31 * HOUR), up: index % 2 === 0, outcome: index % 2 === 0 ? "works" : "broken", detail: index % 2 === 0 ? "" : "<b>Service Unavailable</b>" })) };
    }],
    ["GET", /^\/api\/transitions$/, (query) => {
      only(query, "gateway", "limit");
      const turns = models.filter(of(query)).filter((row) => row.since !== null).sort((a, b) => b.since.localeCompare(a.since)).slice(0, whole(query, "limit", 100, 1000));
      return { body: turns.map(({ id, gateway, channel, model_id, since, light, outcome, detail }) => ({ model: id, gateway, channel, model_id, at: since, up: light !== "down", outcome, detail })) };
    }],
    ["GET", /^\/api\/series$/, (query) => (only(query, "gateway", "window", "bucket"), { body: seriesOf(query, 900, 900) })],
    ["GET", /^\/api\/rounds$/, (query) => (only(query, "gateway", "limit", "offset"), page(rounds.filter(of(query)), query, 50, 1000))],
    ["GET", /^\/api\/grid$/, (query) => {
      only(query, "gateway", "rounds", "search", "light", "limit", "offset");
      const shown = rounds.filter(of(query)).slice(0, whole(query, "rounds", 30, 60)).reverse();
      const rows = models.filter(of(query)).filter(found(query)).filter((row) => query.get("light") === null || query.get("light").split(",").includes(row.light));
      const offset = whole(query, "offset", 0, 2 ** 31);
      const cells = ({ id, light }) => shown.map((_, index) => (light === "up" ? (id + index) % 23 === 0 ? "429" : "OK" : light === "down" && index > 22 ? "FAIL" : CELLS[(id * 7 + index * 5) % CELLS.length]));
      return { body: { rounds: shown, total: rows.length, rows: rows.slice(offset, offset + whole(query, "limit", 100, 1000)).map((row) => ({ id: row.id, gateway: row.gateway, channel: row.channel, channel_name: row.channel_name, model_id: row.model_id, cells: cells(row) })) } };
    }],
    ["GET", /^\/api\/changes$/, (query) => {
      only(query, "gateway", "channel", "state", "limit", "offset");
      return page(changes.filter(of(query)).filter((row) => query.get("state") === null || row.state === query.get("state")), query, 50, 1000);
    }],
    ["GET", /^\/api\/changes\/(\d+)$/, (query, id) => {
      const change = changes.find((row) => String(row.id) === id);
      if (change === undefined) throw new Refused(404, "not_found", `there is no change ${id}`, "/api/changes lists them");
      return { body: change };
    }],
    ["POST", /^\/api\/changes\/(\d+)\/undo$/, (_query, id) => {
      const change = changes.find((row) => String(row.id) === id);
      if (change === undefined || !change.undoable) throw new Refused(409, "conflict", "that change cannot be taken back", "only what was applied and still stands can");
      const undo = { ...change, id: changes[0].id + 1, before: change.after, after: change.before, removed: [], added: [], restored: change.removed.map(({ model }) => model), undoes: change.id, round: null };
      Object.assign(change, { undone_by: undo.id, undoable: false });
      changes = [undo, ...changes];
      return done(change, "applied", undo.id);
    }],
    ["GET", /^\/api\/plan$/, (query) => (only(query, "gateway", "limit", "offset"), page(plans.filter(of(query)), query, 1000, 1000))],
    ["POST", /^\/api\/plan\/apply$/, (_query, body) => write(body)],
    ["POST", /^\/api\/plan\/approve$/, (_query, body) => {
      if (body.channel === plans[1]?.channel) throw new Refused(409, "conflict", "the channel was edited since the round", "the next round decides anew");
      return write(body, "mark");
    }],
    ["POST", /^\/api\/plan\/reject$/, (_query, body) => (fields(body, "gateway", "channel", "mark"), planned(body), done(body, "rejected", null, "its models are on hold"))],
    ["GET", /^\/api\/holds$/, (query) => (only(query), page(holds, query, 1000, 1000))],
    ["POST", /^\/api\/holds$/, (_query, body) => {
      fields(body, "gateway", "channel", "model", "reason");
      holds = [...holds, { id: 9, gateway: body.gateway ?? null, channel: body.channel ?? null, model: body.model ?? null, reason: body.reason, at: time(0) }];
      return { body: { channels: [], notes: [] } };
    }],
    ["POST", /^\/api\/holds\/release$/, (_query, body) => {
      fields(body, "gateway", "channel", "model");
      holds = holds.filter((hold) => hold.id === null || hold.gateway !== (body.gateway ?? null) || hold.channel !== (body.channel ?? null) || hold.model !== (body.model ?? null));
      return { body: { channels: [], notes: [] } };
    }],
    ["GET", /^\/api\/free$/, (query) => {
      only(query, "all", "limit", "offset");
      const rows = models.slice(0, query.get("all") === "true" ? 34 : 31).map((row, index) => ({
        id: row.model_id, name: row.model_id, context_length: index === 3 ? null : pick([32_768, 131_072, 1_048_576]), modalities: pick(["text→text", "text+image→text"]), free_kind: index > 30 ? "router" : index % 9 === 0 ? "all-zero" : "suffix",
        light: row.light, why: row.light === "up" ? "" : row.detail, uptime: index === 3 ? null : 60 + random() * 40, throughput: index === 3 ? null : 20 + random() * 120, latency_ms: index === 3 ? null : 300 + random() * 900,
        ends: index === 5 ? "2026-12-01" : null, probed_at: index % 2 ? time(HOUR) : null, probe_outcome: index % 2 ? "works" : null, usable: index === 6 ? false : index % 2 ? true : null,
      }));
      return page(rows, query, 1000, 1000);
    }],
    ["GET", /^\/api\/budget$/, () => {
      const day = (past) => new Date(started - past * 24 * HOUR).toISOString().slice(0, 10);
      const none = { limit_requests: null, limit_tokens: null, limit_cost_usd: null };
      const scopes = [
        { scope: "all", requests: 18_230, tokens: 402_113, cost_usd: 0.8123, ...none, limit_requests: 20_000 },
        { scope: "free:openrouter.ai", requests: 50, tokens: 1_200, cost_usd: 0, ...none, limit_requests: 50 },
        { scope: "a3f1c09e", requests: 1_204, tokens: 33_000, cost_usd: 0.0004, ...none, limit_requests: 5_000, limit_tokens: 500_000 },
        { scope: "03e5d956369a3e978f3e35ecd173b0ce", requests: 61, tokens: 924, cost_usd: 0.000936, ...none },
        { scope: "2a12e290f1f6b88f6649ced862997fe2", requests: 62, tokens: 970, cost_usd: 0.001285, ...none },
      ];
      return { body: { day: day(0), scopes, days: Array.from({ length: 26 }, (_, past) => ({ day: day(past), requests: Math.floor(9000 + random() * 9000), tokens: Math.floor(2e5 + random() * 3e5), cost_usd: random() })) } };
    }],
    ["POST", /^\/api\/login$/, (_query, body) => {
      fields(body, "token");
      tries += 1;
      if (tries > 3 && body.token !== "right") throw new Refused(429, "rate_limited", "too many tries", "wait, then try again", { "Retry-After": "7" });
      if (body.token !== "right") throw new Refused(401, "unauthorized", "the token is not right", "it is what web.act_token is");
      [inside, tries] = [true, 0];
      return { body: session() };
    }],
    ["POST", /^\/api\/logout$/, () => {
      inside = false;
      return { body: session() };
    }],
  ];

  /** The answer, or `null` where mock.mjs has it. */
  const answer = (method, path, query, body) => {
    if (!inside && !/\/(session|login)$/.test(path)) throw new Refused(401, "unauthorized", "this needs a token", "log in");
    for (const [of_, pattern, give] of routes) {
      const match = of_ === method ? pattern.exec(path) : null;
      if (match === null) continue;
      const id = match[1] === undefined ? undefined : decodeURIComponent(match[1]);
      return id === undefined ? give(query, body) : give(query, id, body);
    }
    return null;
  };
  return { answer, alerts: (gateway) => alerts.alerts(gateway) };
}
