// A running demo: started from the real binary on a free port with a folder of its own, and stopped by its pid.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

const BINARY = process.env.CHANNELWARDEN_BIN ?? `${root}/target/debug/channelwarden`;

/** The story before the loop takes about 12 s; a busy machine takes longer. */
const PATIENCE_MS = 120_000;

/**
 * Starts the demo. Gives back its address, the token that may act, its folder, `stop`, and what it printed last.
 * @param {string[]} more arguments
 */
export async function startDemo(...more) {
  const child = spawn(BINARY, ["demo", "--listen", "127.0.0.1:0", ...more], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const hear = (chunk) => (said += chunk);
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const ended = once(child, "exit");
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await ended;
  };
  const tell = (why) => new Error(`${why}; the demo said:\n${said.slice(-4000)}`);
  const until = Date.now() + PATIENCE_MS;
  try {
    for (;;) {
      const url = /the dashboard\s+(http:\/\/\S+)\//.exec(said)?.[1];
      const token = /with the token (\S+)/.exec(said)?.[1];
      const config = /channelwarden -c (\S+) history/.exec(said)?.[1];
      if (url && token && config && (await answers(url))) {
        return { url, token, folder: dirname(config), stop, lastWords: () => said.slice(-1500) };
      }
      if (child.exitCode !== null) throw tell(`the demo ended with ${child.exitCode}`);
      if (Date.now() > until) throw tell("the demo's dashboard does not answer");
      await new Promise((done) => setTimeout(done, 100));
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answers(url) {
  try {
    return (await fetch(`${url}/api/summary`)).ok;
  } catch {
    return false;
  }
}

const TELL = `
import json, sqlite3, sys
with sqlite3.connect(sys.argv[1] + "/channelwarden.db", timeout=10) as store:
    told = json.loads(sys.argv[2])
    store.execute("insert or replace into meta (key, value) values ('snapshot.alerts', ?)", [json.dumps(told["alerts"])])
    post = "insert into outbox (receiver, address, state, made_ms, at_ms, attempts, note, body) values (?, ?, 'dead', ?, ?, 9, ?, ?)"
    now = told["now"]
    store.executemany(post, [[to, "-100123", now, now, told["note"], json.dumps(told["digest"])] for to in told["receivers"]])
`;

/** Text from outside, as a gateway's operator may have it. */
const HOSTILE = "<img src=x onerror=alert(1)>";

/** Receivers that no configuration has: nobody takes up their messages. */
export const NOBODY = ["nobody-1", "nobody-2", "nobody-3"];

/** Has a demo's store know of things that are wrong, and of a message to each of `NOBODY` that was given up. */
export function tellAlerts(folder) {
  const now = new Date();
  const since = new Date(now - 3 * 3_600_000).toISOString();
  const alert = (severity, cause, subject, evidence, channel = { id: 1, name: HOSTILE }) =>
    ({ cause, severity, gateway: "demo", channel: channel?.id ?? null, channel_name: channel?.name ?? "", subject, since, evidence });
  const alerts = [
    alert("critical", "no-credit", "2", `insufficient quota ${HOSTILE}`),
    { ...alert("critical", "stale", "", "no good round since then", null), gateway: "" },
    alert("warning", "failing", HOSTILE, "\u202eelbaliavanu"),
    alert("warning", "failing", "the-longest-name-".repeat(15), "the-longest-evidence-".repeat(15), { id: 2, name: "the-longest-channel-".repeat(12) }),
    alert("info", "degraded", "مرحبا-4", ""),
  ];
  const entries = alerts.map(({ severity: _, channel, channel_name: name, ...event }) => ({
    what: "first", until: null, flapping: false, event: { ...event, channel: channel === null ? null : { id: channel, name }, mark: "", change: null },
  }));
  const totals = { models: 50, down: 2, degraded: 1, withdrawn: 0, channels: 9, channels_down: 1 };
  const told = { alerts, digest: { at: since, totals, entries, test: false }, now: now.getTime(), note: `HTTP 403: ${HOSTILE}`, receivers: NOBODY };
  execFileSync("python3", ["-c", TELL, folder, JSON.stringify(told)]);
}
