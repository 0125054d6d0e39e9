// Starts two demos, one of them with 5,000 models more, runs every test of this folder against them, and stops them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { root, startDemo, tellAlerts } from "./world.mjs";

const here = join(root, "web/e2e");
const shots = join(root, "target/screenshots");
mkdirSync(shots, { recursive: true });
const failures = () => readdirSync(shots).filter((name) => name.startsWith("failed-"));
for (const name of failures()) rmSync(join(shots, name));

const begun = await Promise.allSettled([startDemo(), startDemo("--crowd", "5000")]);
const demos = begun.flatMap(({ value }) => (value ? [value] : []));
let tests;
let code = 1;
const interrupted = () => tests?.kill();
process.on("SIGINT", interrupted).on("SIGTERM", interrupted);
try {
  for (const { reason } of begun) if (reason) throw reason;
  const [demo, crowd] = demos;
  tellAlerts(demo.folder);
  const told = ({ url, token, folder }) => JSON.stringify({ url, token, folder });
  const wanted = process.argv.slice(2);
  const files = readdirSync(here).filter((name) => name.endsWith(".test.mjs"));
  // The pictures last, when all that can happen did.
  const last = (name) => name.startsWith("screens");
  const chosen = files
    .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
    .sort((one, other) => last(one) - last(other) || one.localeCompare(other));
  if (chosen.length === 0) throw new Error(`no such test; there are: ${files.join(", ")}`);
  // One after another: they share a demo and two cores.
  const flags = ["--test", "--test-concurrency=1", "--test-timeout=120000", "--test-reporter=spec"];
  const env = { ...process.env, E2E_DEMO: told(demo), E2E_CROWD: told(crowd), E2E_SHOTS: shots };
  tests = spawn(process.execPath, [...flags, ...chosen.map((name) => join(here, name))], { env, stdio: "inherit" });
  const [ended] = await once(tests, "exit");
  code = ended ?? 1;
} catch (error) {
  console.error(error.message);
} finally {
  await Promise.all(demos.map((demo) => demo.stop()));
}
if (code !== 0) {
  for (const demo of demos) console.error(`\nthe demo at ${demo.url} said last:\n${demo.lastWords()}`);
  console.error("\nit failed; what the pages of the failed tests looked like:");
  for (const name of failures()) console.error(`  ${join(shots, name)}`);
}
console.log(`screenshots: ${shots}/*.png`);
process.exit(code);
