// A round is seen as it goes on, and what it found without a reload.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { close, eventually, launch, listInGateway, logIn, visit } from "./browser.mjs";

before(launch);
after(close);

test("Scan shows a bar that moves, and then a model more, without a reload", async () => {
  const visitor = await visit({ expect: [409], locale: "en-GB" });
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
  // Every text the bar ever had, of whole rounds alone: the loop asks again in between, on its own.
  await visitor.page.evaluate(() => {
    window.bar = new Set();
    const look = () => {
      for (const { textContent: said } of document.querySelectorAll("[data-testid=progress] .progress-words")) {
        if (said.includes("Round on")) window.bar.add(said);
      }
    };
    new MutationObserver(look).observe(document.querySelector("header"), { subtree: true, childList: true, characterData: true });
  });
  // One of the loop's own rounds may be under way: then it is refused, and a person presses again.
  const scan = async () => {
    const [answer] = await Promise.all([
      visitor.page.waitForResponse((response) => response.url().endsWith("/api/scan")),
      visitor.byId("scan").click(),
    ]);
    return answer.status();
  };
  assert.equal(await eventually(scan, (status) => status === 202), 202);
  const bar = () => visitor.page.evaluate(() => [...window.bar]);
  const said = await eventually(bar, (texts) => texts.length > 1);
  assert.ok(said.length > 1, `the bar never moved: ${said}`);

  const after = await eventually(total, (now) => now === before + 1);
  assert.equal(after, before + 1);
  assert.equal(await visitor.page.evaluate(() => window.stillTheSamePage), true);
  visitor.clean();
  await visitor.end();
});
