// Who may act does, and the gateway's own database shows it; who may only read is not offered it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { api, close, eventually, launch, listsInTheGateway, logIn, visit } from "./browser.mjs";

before(launch);
after(close);

test("who has no token sees no button that acts, and is refused", async () => {
  const visitor = await visit({ expect: [401] });
  for (const [path, row] of [["#/", "card-up"], ["#/plan", "plan-row"], ["#/changes", "change-row"]]) {
    await visitor.go(path);
    await visitor.see(row);
    for (const id of ["scan", "approve", "reject", "undo"]) {
      assert.equal(await visitor.byId(id).count(), 0, `${path} offers ${id}`);
    }
  }
  const refused = await visitor.page.evaluate(async () => {
    const answer = await fetch("/api/scan", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    return { status: answer.status, said: await answer.json() };
  });
  assert.equal(refused.status, 401);
  assert.equal(refused.said.error.code, "unauthorized");
  visitor.clean();
  await visitor.end();
});

test("a wrong token is refused, and the page says so", async () => {
  const visitor = await visit({ path: null, expect: [401, 403] });
  await logIn(visitor, "surely-not-the-token");
  const alert = visitor.page.locator("main [role=alert]");
  await alert.waitFor();
  assert.notEqual((await alert.innerText()).trim(), "");
  await visitor.go("#/");
  await visitor.see("card-up");
  assert.equal(await visitor.byId("scan").count(), 0);
  visitor.clean();
  await visitor.end();
});

test("a held change is approved, and the gateway's list changes", async () => {
  const gone = ["qwen-max", "gpt-4o-mini", "o3-mini"];
  assert.deepEqual(listsInTheGateway().Ember, ["gpt-4o", ...gone]);
  const visitor = await visit({ path: null });
  await logIn(visitor);
  await visitor.see("scan");
  await visitor.go("#/plan");
  const ember = visitor.byId("plan-row").filter({ hasText: "Ember" });
  await ember.getByTestId("approve").click();
  await visitor.byId("confirm").click();
  const list = await eventually(() => listsInTheGateway().Ember, (now) => now.length === 1);
  assert.deepEqual(list, ["gpt-4o"]);
  await ember.waitFor({ state: "detached" });
  visitor.clean();
  await visitor.end();
});

test("a change is undone, and the gateway's list is as before", async () => {
  const withdrawn = "gpt-3.5-legacy";
  assert.ok(!listsInTheGateway().Acme.includes(withdrawn));
  const changes = await api("changes");
  const change = changes.find(({ removed, undoable }) => undoable && removed.some(({ model }) => model === withdrawn));
  assert.ok(change, "the demo withdrew nothing of Acme");
  const visitor = await visit({ path: null });
  await logIn(visitor);
  await visitor.see("scan");
  await visitor.go(`#/changes/${change.id}`);
  await visitor.byId("undo").first().click();
  await visitor.byId("confirm").click();
  const list = await eventually(() => listsInTheGateway().Acme, (now) => now.includes(withdrawn));
  assert.ok(list.includes(withdrawn), `${list}`);
  assert.notEqual((await api(`changes/${change.id}`)).undone_by, null);
  visitor.clean();
  await visitor.end();
});
