// What is wrong is seen and leads to its model; a message that was given up is tried again, by who may.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { api, close, demo, eventually, launch, logIn, visit } from "./browser.mjs";
import { open } from "./pages.mjs";
import { NOBODY, tellAlerts } from "./world.mjs";

before(launch);
after(close);

/** The receivers of `NOBODY` with a message in that state. */
const nobodies = async (state) => (await api(`outbox?state=${state}&limit=1000`)).map(({ receiver }) => receiver).filter((name) => NOBODY.includes(name));

test("an alert says how bad it is, what it is, and leads to its model", async () => {
  const visitor = await visit({ path: null, locale: "en-GB" });
  const failing = visitor.byId("alert-row").filter({ has: visitor.page.getByText("failing") }).filter({ hasText: "onerror" });
  // A round that ends meanwhile writes anew what is wrong.
  const seen = await eventually(async () => {
    tellAlerts(demo.folder);
    await open(visitor, "#/alerts");
    return failing.count();
  }, (count) => count === 1);
  assert.equal(seen, 1);
  assert.match(await failing.innerText(), /^warning\s+failing/);
  const [{ alerts_count: count }, listed] = [await api("summary"), await api("alerts")];
  assert.equal(count, listed.length);
  assert.match(await visitor.byId("nav-alerts").innerText(), new RegExp(`\\b${count}\\b`));
  const name = await failing.getByTestId("alert-model").textContent();
  await failing.getByTestId("alert-model").click();
  await visitor.see("model-title");
  assert.equal((await visitor.byId("model-title").textContent()).trim(), name);
  visitor.clean();
  await visitor.end();
});

test("who may only look is offered no second try", async () => {
  const visitor = await visit({ path: "#/alerts?state=dead" });
  await visitor.see("post-row");
  for (const id of ["retry", "retry-all"]) assert.equal(await visitor.byId(id).count(), 0, id);
  visitor.clean();
  await visitor.end();
});

test("a message that was given up is tried again, and then all of them", async () => {
  tellAlerts(demo.folder);
  const visitor = await visit({ path: null });
  await logIn(visitor);
  await visitor.see("scan");
  await visitor.go("#/alerts?state=dead");
  const [to] = NOBODY;
  const row = visitor.byId("post-row").filter({ hasText: to });
  await row.first().waitFor();
  const before = await row.count();
  // By keyboard: who thinks better of it stands where they stood.
  const focused = () => visitor.page.evaluate(() => document.activeElement?.getAttribute("data-testid"));
  await row.first().getByTestId("retry").focus();
  await visitor.page.keyboard.press("Enter");
  await visitor.see("confirm");
  await visitor.page.keyboard.press("Escape");
  assert.equal(await eventually(focused, (id) => id === "retry"), "retry");
  await visitor.page.keyboard.press("Enter");
  await visitor.byId("confirm").click();
  await visitor.see("outcome");
  assert.equal(await eventually(() => row.count(), (count) => count === before - 1), before - 1);
  assert.ok((await nobodies("waiting")).includes(to));
  assert.deepEqual([...new Set(await nobodies("dead"))].filter((name) => name !== to).sort(), NOBODY.slice(1));

  await visitor.byId("retry-all").click();
  await visitor.byId("confirm").click();
  await visitor.byId("retry-all").waitFor({ state: "detached" });
  assert.deepEqual(await nobodies("dead"), []);
  await visitor.byId("post-state").selectOption("waiting");
  await row.first().waitFor();
  visitor.clean();
  await visitor.end();
});
