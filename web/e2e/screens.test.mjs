// Pictures of every page, for a person to look at.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";

import { DESKTOP, PHONE, close, eventually, launch, logIn, shoot, visit } from "./browser.mjs";
import { everyPage } from "./pages.mjs";

before(launch);
after(close);

const LOOKS = [
  ["desktop-dark-en", { viewport: DESKTOP, colorScheme: "dark", locale: "en-GB" }],
  ["desktop-light-zh", { viewport: DESKTOP, colorScheme: "light", locale: "zh-CN" }],
  ["phone-dark-zh", { viewport: PHONE, colorScheme: "dark", locale: "zh-CN", isMobile: true, hasTouch: true }],
  ["phone-light-en", { viewport: PHONE, colorScheme: "light", locale: "en-GB", isMobile: true, hasTouch: true }],
];

for (const [look, options] of LOOKS) {
  test(`pictures: ${look}`, async () => {
    const visitor = await visit({ path: null, reducedMotion: "reduce", ...options });
    await logIn(visitor);
    await visitor.see("scan");
    const pages = [...(await everyPage()), ["hostile", "#/?search=Hostile"]];
    for (const [name, path] of pages) {
      await visitor.go(path);
      await visitor.page.locator("h1, main [data-testid]").first().waitFor({ state: "attached" });
      const empty = (text) => text.trim() === "" || /^(Loading|加载)/.test(text.trim());
      await eventually(() => visitor.page.locator("body").innerText(), (text) => !empty(text));
      // Charts are drawn a moment after their page.
      await visitor.page.waitForTimeout(300);
      await shoot(visitor.page, `${name}-${look}`);
    }
    visitor.clean();
    await visitor.end();
    const taken = readdirSync(process.env.E2E_SHOTS).filter((file) => file.endsWith(`-${look}.png`));
    assert.ok(taken.length >= pages.length, `${taken.length} of ${pages.length}`);
  });
}
