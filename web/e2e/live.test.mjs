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
  // Every text the bar had, round by round; of whole rounds alone, for the loop asks again in between, on its own.
  await visitor.page.evaluate(() => {
    window.rounds = [new Set()];
    const look = () => {
      const said = document.querySelector("[data-testid=progress] .progress-words")?.textContent ?? "";
      if (said.includes("Round on")) window.rounds.at(-1).add(said);
      else if (window.rounds.at(-1).size > 0) window.rounds.push(new Set());
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
  const bars = () => visitor.page.evaluate(() => window.rounds.map((texts) => [...texts]));
  const moved = (rounds) => rounds.some((texts) => texts.length > 1);
  const seen = await eventually(bars, moved);
  assert.ok(moved(seen), `the bar never moved: ${JSON.stringify(seen)}`);

  const after = await eventually(total, (now) => now === before + 1);
  assert.equal(after, before + 1);
  assert.equal(await visitor.page.evaluate(() => window.stillTheSamePage), true);
  visitor.clean();
  await visitor.end();
});
