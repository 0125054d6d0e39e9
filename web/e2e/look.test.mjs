// What every visitor sees: it loads, keeps what was chosen, fits a phone, can be linked to and walked by keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PHONE, api, close, eventually, launch, visit } from "./browser.mjs";
import { everyPage, open, overflow } from "./pages.mjs";

before(launch);
after(close);

test("the overview opens with its figures and rows, and nothing goes wrong", async () => {
  const visitor = await visit();
  await visitor.see("card-up");
  await visitor.see("model-row");
  const { total_models: total } = await api("summary");
  assert.ok(total > 30, `the demo has ${total} models`);
  assert.match(await visitor.byId("card-models").innerText(), new RegExp(`\\b${total}\\b`));
  visitor.clean();
  await visitor.end();
});

test("every page opens, and nothing goes wrong", async () => {
  const visitor = await visit();
  for (const [, path] of await everyPage()) {
    await open(visitor, path);
    visitor.clean();
  }
  await visitor.end();
});

test("the theme is switched, and remembered after a reload", async () => {
  const visitor = await visit();
  await visitor.see("card-up");
  const ground = () => visitor.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const theme = () => visitor.page.evaluate(() => document.documentElement.dataset.theme ?? "auto");
  const grounds = {};
  for (let press = 0; press < 3; press += 1) {
    await visitor.byId("theme").click();
    grounds[await theme()] = await ground();
  }
  assert.notEqual(grounds.dark, undefined);
  assert.notEqual(grounds.dark, grounds.light);
  while ((await theme()) !== "dark") await visitor.byId("theme").click();
  await visitor.page.reload();
  await visitor.see("card-up");
  assert.equal(await theme(), "dark");
  assert.equal(await ground(), grounds.dark);
  visitor.clean();
  await visitor.end();
});

test("the language is switched, and remembered after a reload", async () => {
  const visitor = await visit({ locale: "en-GB" });
  const title = () => visitor.byId("card-up").innerText();
  await visitor.see("card-up");
  const english = await title();
  assert.doesNotMatch(english, /\p{Script=Han}/u);
  await visitor.byId("language").click();
  assert.match(await title(), /\p{Script=Han}/u);
  await visitor.page.reload();
  await visitor.see("card-up");
  assert.match(await title(), /\p{Script=Han}/u);
  assert.match(await visitor.page.evaluate(() => document.documentElement.lang), /^zh/);
  visitor.clean();
  await visitor.end();
});

test("on a phone no page scrolls sideways", async () => {
  const visitor = await visit({ viewport: PHONE, hasTouch: true, isMobile: true });
  for (const [name, path] of await everyPage()) {
    await open(visitor, path);
    const wide = await eventually(() => overflow(visitor.page), (found) => found.by === 0);
    assert.deepEqual(wide, { by: 0, widest: null }, `${name} is wider than the phone`);
  }
  visitor.clean();
  await visitor.end();
});

test("a filtered overview is the same when its address is opened anew", async () => {
  const visitor = await visit();
  await visitor.see("model-row");
  await visitor.byId("search").fill("gpt-4o-mini");
  const names = () => visitor.byId("model-name").allInnerTexts();
  const only = (found) => found.length > 0 && found.every((name) => name === "gpt-4o-mini");
  const found = await eventually(names, only);
  assert.ok(only(found), `found ${found}`);
  const address = visitor.page.url();
  assert.match(address, /search=gpt-4o-mini/);
  const second = await visit({ path: address.slice(address.indexOf("#")) });
  await second.see("model-row");
  assert.equal(await second.byId("search").inputValue(), "gpt-4o-mini");
  assert.deepEqual((await eventually(() => second.byId("model-name").allInnerTexts(), only)).sort(), found.sort());
  second.clean();
  await second.end();
  await visitor.end();
});

test("the page is walked by keyboard: search, down, open, back, help", async () => {
  const visitor = await visit();
  const { keyboard } = visitor.page;
  await visitor.see("model-row");
  await keyboard.press("/");
  const inSearch = () => visitor.page.evaluate(() => document.activeElement?.getAttribute("data-testid"));
  assert.equal(await inSearch(), "search");
  await keyboard.type("gpt-4o");
  await visitor.page.waitForURL(/search=gpt-4o/);
  await keyboard.press("Escape");
  assert.equal(await visitor.byId("search").inputValue(), "", "Escape empties the field");
  await keyboard.press("Escape");
  assert.notEqual(await inSearch(), "search", "and then leaves it");
  await keyboard.press("j");
  await keyboard.press("Enter");
  await visitor.see("model-title");
  assert.match(visitor.page.url(), /#\/model\//);
  await keyboard.press("Escape");
  await visitor.see("model-row");
  await keyboard.press("?");
  await visitor.page.locator("dialog[open]").waitFor();
  await keyboard.press("Escape");
  await visitor.page.locator("dialog[open]").waitFor({ state: "detached" });
  visitor.clean();
  await visitor.end();
});

test("the matrix is walked by its arrow keys, and Enter opens the model under the mark", async () => {
  const visitor = await visit({ path: "#/?view=matrix" });
  const { keyboard } = visitor.page;
  await visitor.see("matrix");
  await visitor.byId("matrix").focus();
  const marked = () =>
    visitor.page.evaluate(() => {
      const cell = document.getElementById(document.querySelector("[data-testid=matrix]").getAttribute("aria-activedescendant"));
      return cell?.getAttribute("aria-label") ?? cell?.querySelector("a")?.getAttribute("aria-label") ?? null;
    });
  const places = new Set([await marked()]);
  for (const key of ["ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft"]) {
    await keyboard.press(key);
    const told = await eventually(marked, (label) => label !== null && !places.has(label));
    assert.ok(told !== null && !places.has(told), `${key} leads to ${told}`);
    places.add(told);
  }
  await keyboard.press("End");
  const inSight = () =>
    visitor.page.evaluate(() => {
      const cell = document.querySelector(".matrix-at")?.getBoundingClientRect();
      const box = document.querySelector("[data-testid=matrix]").getBoundingClientRect();
      return cell !== undefined && cell.left >= box.left && cell.right <= box.right;
    });
  assert.equal(await eventually(inSight, (seen) => seen), true);
  await keyboard.press("Enter");
  await visitor.see("model-title");
  visitor.clean();
  await visitor.end();
});

test("an address that leads nowhere says so", async () => {
  const visitor = await visit({ path: "#/no-such-page" });
  const text = await eventually(() => visitor.page.locator("main").innerText(), (said) => said.trim() !== "");
  assert.notEqual(text.trim(), "");
  assert.equal(await visitor.byId("card-up").count(), 0);
  visitor.clean();
  await visitor.end();
});

test("the first paint comes within a second", async () => {
  const times = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const visitor = await visit();
    await visitor.see("card-up");
    const paint = () =>
      visitor.page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null);
    times.push(await eventually(paint, (at) => at !== null));
    await visitor.end();
  }
  console.log(`first contentful paint: ${times.map((time) => `${Math.round(time)} ms`).join(", ")}`);
  assert.ok(Math.min(...times) < 1000);
});
