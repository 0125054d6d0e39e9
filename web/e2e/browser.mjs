// A browser that notices what must never happen: errors, violated policies, dialogs, requests to anywhere else.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach } from "node:test";
import { chromium } from "playwright-core";

/** The demo, and the one with 5,000 models more: `{url, token, folder}`. */
export const demo = JSON.parse(process.env.E2E_DEMO);
export const crowd = JSON.parse(process.env.E2E_CROWD);

/** Long enough for a busy machine; what fails waits so long. */
export const PATIENCE_MS = 20_000;

export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 900 };

let browser;
/** Visitors that did not leave yet. */
const here = new Set();

// A test that fails leaves its visitors where they were: what they saw is what to look at.
afterEach(async ({ name }) => {
  let nth = 0;
  for (const visitor of here) {
    nth += 1;
    const picture = `failed-${name.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60)}-${nth}`;
    console.log(`it was at ${visitor.page.url()}: ${picture}.png`);
    for (const what of visitor.wrong) console.log(`  ${what}`);
    await shoot(visitor.page, picture).catch((error) => console.log(`  no picture: ${error.message}`));
    await visitor.end();
  }
});

/** One browser a file of tests. */
export async function launch() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium" });
  return browser;
}

export async function close() {
  await browser?.close();
}

/**
 * A page of a fresh visitor. `visitor.clean()` fails when anything happened that must not; `expect` names answers (such
 * as 403) that a test asks for, which Chromium tells on its console.
 */
export async function visit({ world = demo, path = "#/", viewport = DESKTOP, expect = [], ...options } = {}) {
  const context = await browser.newContext({ viewport, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const wrong = [];
  const expected = (text) => expect.some((status) => text.includes(`the server responded with a status of ${status}`));
  page.on("console", (message) => {
    const said = `${message.text()} (${message.location().url})`;
    if (message.type() === "error" && !expected(said)) wrong.push(`console: ${said}`);
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error.stack ?? error}`));
  page.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${world.url}/`) && !/^(data|blob):/.test(url)) wrong.push(`request elsewhere: ${url}`);
  });
  await page.exposeFunction("tellViolation", (told) => wrong.push(`policy: ${told}`));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      window.tellViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
    );
  });
  const go = (to) => page.goto(`${world.url}/${to}`, { waitUntil: "load" });
  const clean = () => assert.deepEqual(wrong, []);
  const byId = (id) => page.getByTestId(id);
  const see = (id, nth = 0) => byId(id).nth(nth).waitFor({ state: "visible" });
  const visitor = { page, wrong, go, clean, byId, see };
  visitor.end = () => {
    here.delete(visitor);
    return context.close();
  };
  here.add(visitor);
  if (path !== null) await go(path);
  return visitor;
}

/** Logs in on the login page, as a person does. */
export async function logIn(visitor, token = demo.token) {
  await visitor.go("#/login");
  await visitor.byId("login-token").fill(token);
  await visitor.byId("login-submit").click();
}

/** A picture where a person can look at it. */
export function shoot(page, name) {
  return page.screenshot({ path: join(process.env.E2E_SHOTS, `${name}.png`) });
}

/** What `ask` gives, asked again until `enough`; the last answer where that never comes. */
export async function eventually(ask, enough) {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const got = await ask();
    if (enough(got) || Date.now() > until) return got;
    await new Promise((done) => setTimeout(done, 100));
  }
}

const READ = `
import json, sqlite3, sys
rows = sqlite3.connect("file:" + sys.argv[1] + "/one-api.db?mode=ro", uri=True)
print(json.dumps(dict(rows.execute("select name, models from channels"))))
`;

/** The lists as they stand in the gateway's own database, past everything of ours: channel's name → model names. */
export function listsInTheGateway(world = demo) {
  const rows = JSON.parse(execFileSync("python3", ["-c", READ, world.folder], { encoding: "utf8" }));
  return Object.fromEntries(Object.entries(rows).map(([name, models]) => [name, models.split(",")]));
}

const ADD = `
import sqlite3, sys
folder, channel, model = sys.argv[1:]
with sqlite3.connect(folder + "/one-api.db", timeout=10) as rows:
    rows.execute("update channels set models = models || ',' || ? where name = ?", (model, channel))
    rows.execute("insert into abilities select \`group\`, ?, id, 1, 0 from channels where name = ?", (model, channel))
`;

/** Puts a model on a channel's list, as the gateway's operator does. */
export function listInGateway(channel, model, world = demo) {
  execFileSync("python3", ["-c", ADD, world.folder, channel, model]);
}

/** What the API says, as a program with a token sees it. */
export async function api(path, world = demo) {
  const answer = await fetch(`${world.url}/api/${path}`, { headers: { authorization: `Bearer ${world.token}` } });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}
