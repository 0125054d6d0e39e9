// 5,000 models: the page draws the rows that are seen, and no more.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { api, close, crowd, eventually, launch, visit } from "./browser.mjs";

before(launch);
after(close);

/** More rows than this are never in the document: a tall window has room for about thirty. */
const DRAWN = 120;

test("5,000 rows are scrolled through with few of them in the document", async () => {
  const { total_models: total } = await api("summary", crowd);
  assert.ok(total > 5000, `there are ${total}`);
  const visitor = await visit({ world: crowd });
  await visitor.see("model-row");
  const rows = () => visitor.byId("model-row").count();
  await eventually(
    () => visitor.page.evaluate(() => document.querySelector("[aria-rowcount]")?.getAttribute("aria-rowcount") ?? ""),
    (said) => Number(said) > 5000,
  );
  const most = await visitor.page.evaluate(async (drawn) => {
    // What scrolls: the table's own box, or the page.
    let box = document.querySelector("[data-testid=model-row]");
    while (box && !(box.scrollHeight > box.clientHeight + 10 && /auto|scroll/.test(getComputedStyle(box).overflowY))) {
      box = box.parentElement;
    }
    box ??= document.scrollingElement;
    const seen = new Set();
    let [most, empty, height] = [0, 0, 0];
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    for (let at = 0; at <= 60; at += 1) {
      height = box.scrollHeight;
      box.scrollTop = ((height - box.clientHeight) * at) / 60;
      await frame();
      await frame();
      const rows = document.querySelectorAll("[data-testid=model-row]");
      most = Math.max(most, rows.length);
      const middle = document.elementFromPoint(innerWidth / 2, innerHeight * 0.8);
      if (!middle?.closest("[data-testid=model-row]")) empty += 1;
      for (const name of document.querySelectorAll("[data-testid=model-name]")) seen.add(name.textContent);
    }
    return { most, empty, seen: seen.size, height, drawn };
  }, DRAWN);
  assert.ok(most.most > 5 && most.most <= DRAWN, JSON.stringify(most));
  assert.ok(most.seen > 600, `few names came by: ${JSON.stringify(most)}`);
  assert.ok(most.empty <= 3, `nothing is drawn where a row should be: ${JSON.stringify(most)}`);
  assert.ok((await rows()) <= DRAWN);
  visitor.clean();
  await visitor.end();
});

test("one of 5,000 is found by typing", async () => {
  const visitor = await visit({ world: crowd });
  await visitor.see("model-row");
  await visitor.byId("search").fill("crowd-04321");
  const found = await eventually(() => visitor.byId("model-name").allTextContents(), (names) => names.length === 1);
  assert.deepEqual(found, ["crowd-04321"]);
  visitor.clean();
  await visitor.end();
});
