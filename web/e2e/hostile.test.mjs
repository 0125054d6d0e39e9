// Names and texts from outside are text, on every page: nothing runs, nothing is injected, nothing turns round.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, PHONE, api, close, eventually, launch, logIn, visit } from "./browser.mjs";
import { everyPage, open, overflow } from "./pages.mjs";

before(launch);
after(close);

const NAMES = [
  "<img src=x onerror=alert(1)>",
  '"><script>alert(1)</script>',
  "\u202elanigiro-4-tpg",
  "مرحبا-4",
  "通义千问-🚀-旗舰",
  "openai/gpt-4o:free",
  "javascript:alert(1)",
  "{{7+7}}${7+7}",
  "a/b?c=d#e&f%2Fg",
];

/** Elements and attributes that only a name could have brought. */
const injected = (page) =>
  page.evaluate(() => {
    const bad = "img[src='x'], script:not([src]), iframe, h1[style], [onerror], [onload], [onmouseover], a[href^='javascript:']";
    return [...document.querySelectorAll(bad)].map((element) => element.outerHTML.slice(0, 200));
  });

/** Texts that turn the writing direction, outside of anything that keeps that to itself. */
const turning = (page) =>
  page.evaluate(() => {
    const keeps = ["isolate", "isolate-override", "plaintext"];
    const loose = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      if (!/[\u202a-\u202e\u2066-\u2069\u0590-\u08ff]/.test(text.data)) continue;
      let around = text.parentElement;
      while (around && !keeps.includes(getComputedStyle(around).unicodeBidi)) {
        // A block keeps it as well, if nothing else stands in it.
        if (getComputedStyle(around).display !== "inline") {
          if (around.textContent !== text.data) loose.push(around.outerHTML.slice(0, 200));
          break;
        }
        around = around.parentElement;
      }
    }
    return loose;
  });

const title = async (visitor) => (await visitor.byId("model-title").textContent()).trim();

test("each hostile name is found, shown as it is, and opened by its own address", async () => {
  const visitor = await visit();
  for (const name of NAMES) {
    await visitor.go("#/");
    await visitor.byId("search").fill(name);
    const names = () => visitor.byId("model-name").allTextContents();
    const only = (found) => found.length > 0 && found.every((shown) => shown === name);
    const found = await eventually(names, only);
    assert.ok(only(found), `${name}: ${JSON.stringify(found.slice(0, 3))}`);
    await visitor.byId("model-name").first().click();
    await visitor.see("model-title");
    assert.equal(await title(visitor), name);
    await visitor.go(`#/model/${encodeURIComponent(name)}`);
    await visitor.see("model-title");
    assert.equal(await title(visitor), name);
    visitor.clean();
  }
  await visitor.end();
});

test("on every page nothing runs, nothing is injected, nothing turns round its neighbours", async () => {
  const rows = await api("models?search=src%3Dx&limit=5");
  assert.ok(rows.length > 0 && rows.every(({ model_id: name }) => name === NAMES[0]));
  const pages = [
    ...(await everyPage()),
    ["overview, hostile channel", "#/?search=Hostile"],
    ...rows.map(({ id }) => [`model ${id}`, `#/model/${id}`]),
    ...(await api("changes")).map(({ id }) => [`change ${id}`, `#/changes/${id}`]).slice(0, 5),
  ];
  const visitor = await visit({ path: null });
  await logIn(visitor);
  await visitor.see("scan");
  let hostile = 0;
  for (const [name, path] of pages) {
    await open(visitor, path);
    assert.deepEqual(await injected(visitor.page), [], name);
    assert.deepEqual(await turning(visitor.page), [], name);
    hostile += (await visitor.page.locator("body").textContent()).includes(NAMES[0]) ? 1 : 0;
    visitor.clean();
  }
  assert.ok(hostile >= 3, `only ${hostile} pages show a hostile name at all`);
  await visitor.end();
});

test("names of 255 and 300 characters move nothing", async () => {
  for (const viewport of [DESKTOP, PHONE]) {
    const visitor = await visit({ viewport });
    for (const path of ["#/?search=the-longest-name", "#/alerts", "#/channels", "#/plan", "#/changes", "#/rounds?search=the-longest-name"]) {
      await open(visitor, path);
      const wide = await eventually(() => overflow(visitor.page), (found) => found.by === 0);
      assert.deepEqual(wide, { by: 0, widest: null }, `${path} at ${viewport.width}`);
    }
    await visitor.go("#/?search=the-longest-name");
    await visitor.see("model-row");
    const [long] = await visitor.byId("model-row").evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height));
    assert.ok(long < 240, `its row is ${long} px high`);
    visitor.clean();
    await visitor.end();
  }
});

test("the public page and the badges show nothing but their aliases", async () => {
  const visitor = await visit({ path: "status" });
  const text = await visitor.page.locator("body").innerText();
  assert.match(text, /GPT-4o/);
  assert.doesNotMatch(text, /Acme|Glacier|Twin|gpt-4o\b|mixtral-8x7b/);
  assert.deepEqual(await injected(visitor.page), []);
  const badge = await visitor.page.evaluate(async () => {
    const answer = await fetch("/badge/GPT-4o.svg");
    return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() };
  });
  assert.deepEqual([badge.status, /^image\/svg/.test(badge.type)], [200, true]);
  assert.match(badge.text, /GPT-4o/);
  visitor.clean();
  await visitor.end();
});
