// A round is seen as it goes on, and what it found without a reload.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { api, close, eventually, launch, listInGateway, logIn, visit } from "./browser.mjs";

before(launch);
after(close);

test("Scan shows a bar that moves, and then a model more, without a reload", async () => {
  const visitor = await visit({ expect: [409] });
  await logIn(visitor);
  await visitor.see("scan");
  await visitor.go("#/");
  await visitor.see("card-models");
  await visitor.page.evaluate(() => {
    window.stillTheSamePage = true;
  });
  const total = async () => Number(/\d+/.exec(await visitor.byId("card-models").innerText())[0]);
  const before = await total();

  // What the gateway's operator might do meanwhile: a model more, by hand.
  listInGateway("Dune", "added-by-hand");
  // The loop has rounds of its own; a person waits for the button, too.
  await eventually(async () => (await api("status")).scan_state, (state) => state === "idle");
  const seen = visitor.page.evaluate(
    () =>
      new Promise((done) => {
        const said = new Set();
        const look = () => {
          const text = document.querySelector("[data-testid=progress]")?.textContent;
          if (text) said.add(text);
          else if (said.size > 0) return done([...said]);
          requestAnimationFrame(look);
        };
        look();
      }),
  );
  await visitor.byId("scan").click();
  const said = await seen;
  assert.ok(said.length > 1, `the bar never moved: ${said}`);

  const after = await eventually(total, (now) => now === before + 1);
  assert.equal(after, before + 1);
  assert.equal(await visitor.page.evaluate(() => window.stillTheSamePage), true);
  visitor.clean();
  await visitor.end();
});
