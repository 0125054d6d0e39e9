// A running demo: started from the real binary on a free port with a folder of its own, and stopped by its pid.
import { spawn } from "node:child_process";
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
