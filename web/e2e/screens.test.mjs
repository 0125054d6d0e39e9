// Pictures of every page, for a person to look at.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, PHONE, close, launch, logIn, shoot, visit } from "./browser.mjs";
import { everyPage, open } from "./pages.mjs";

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
    const pages = [...(await everyPage()), ["hostile", "#/?search=Hostile"], ["matrix", "#/?view=matrix"]];
    const pictures = new Set();
    for (const [name, path] of pages) {
      await open(visitor, path);
      // Charts are drawn a moment after their page.
      await visitor.page.waitForTimeout(300);
      pictures.add((await shoot(visitor.page, `${name}-${look}`)).toString("base64"));
    }
    assert.equal(pictures.size, pages.length, "two pages look the same");
    visitor.clean();
    await visitor.end();
  });
}
