// The mock's answers for the page of alerts.

const HOUR = 3_600_000;

/** `tools`: what mock.mjs has, and `fields`, which refuses a body with unknown fields. */
export function alertRoutes({ models, channels, gateways, time, only, page, Refused, bad, tell, fields }) {
  const alert = (hours, severity, cause, subject, evidence, channel = null, gateway = channel?.gateway ?? gateways[0]) => ({
    cause, severity, gateway, channel: channel?.id ?? null, channel_name: channel?.name ?? "", subject, since: time(hours * HOUR), evidence,
  });
  const [first, second, third] = channels;
  const down = models.filter((row) => row.light === "down" && row.listed).slice(0, 140);
  const all = [
    alert(3, "critical", "no-credit", "2", "insufficient_quota: <b>You exceeded your current quota</b>", first),
    alert(30, "critical", "silent", "", "18 of 18 models: no answer within 30 s", second),
    alert(3, "critical", "gateway-unreachable", "", "the gateway answered 502 to the channel list", null, gateways[1]),
    alert(1, "warning", "receiver-down", "feishu-ops", "HTTP 400: {\"code\":19024,\"msg\":\"Key Words Not Found\"}", null, ""),
    alert(2, "warning", "held", "", "last-route: gpt-4o\u202Egnorw", third),
    alert(9, "warning", "expiring", "openrouter/some-free-model:free", "ends 2026-12-01", null, "openrouter"),
    ...models.slice(0, 5).map((row) => alert(4, "warning", "failing", row.model_id, row.detail, channels[row.channel - 1])),
    ...down.map((row) => alert(5, "warning", "failing", row.model_id, row.detail, channels[row.channel - 1])),
    alert(1, "info", "degraded", models[7].model_id, "", first),
  ];
  const alerts = (gateway) => all.filter((row) => gateway === null || row.gateway === gateway);
  const STATES = ["waiting", "dead", "sent", "sent", "sent"];
  const WHATS = ["first", "resolved", "reminder", "passed"];
  const posts = Array.from({ length: 70 }, (_, index) => {
    const state = STATES[index % STATES.length];
    const told = all.slice(index % 7, index === 4 ? index % 7 : (index % 7) + 1 + (index % 9));
    return {
      id: 70 - index, receiver: ["ops-mail", "bot", "feishu-ops"][index % 3], chat: index % 3 === 1 ? "-1001234567890" : "", state, made: time((index + 1) * HOUR),
      at: time(state === "waiting" ? -HOUR / 4 : index * HOUR), attempts: state === "sent" ? 1 : 4, note: state === "sent" ? "" : "HTTP 403: <i>bot was kicked from the group chat</i>",
      count: told.length, entries: told.map(({ cause, gateway, channel_name, subject }, nth) => ({ what: WHATS[nth % 4], cause, gateway, channel_name, subject })),
    };
  });
  const routes = [
    ["GET", /^\/api\/alerts$/, (query) => (only(query, "gateway", "limit", "offset"), page(alerts(query.get("gateway")), query, 1000, 1000))],
    ["GET", /^\/api\/outbox$/, (query) => {
      only(query, "receiver", "state", "limit", "offset");
      const [receiver, state] = [query.get("receiver"), query.get("state")];
      if (state !== null && !STATES.includes(state)) throw bad("state is waiting, sent or dead");
      return page(posts.filter((row) => (receiver === null || row.receiver === receiver) && (state === null || row.state === state)), query, 50, 1000);
    }],
    ["POST", /^\/api\/outbox\/retry$/, (_query, body) => {
      fields(body, "id");
      const meant = posts.filter((row) => row.state === "dead" && (body.id === undefined || row.id === body.id));
      if (meant.length === 0) throw new Refused(404, "not_found", "there is no such message that was given up", "/api/outbox lists them");
      for (const row of meant) Object.assign(row, { state: "waiting", attempts: 0, made: time(0), at: time(0) });
      tell("messages", {});
      return { body: { channels: [], notes: [] } };
    }],
  ];
  return { alerts, routes };
}
