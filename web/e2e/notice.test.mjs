// The browser of these tests notices what it is there for: each trap is sprung once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { close, eventually, launch, visit } from "./browser.mjs";

before(launch);
after(close);

const TRAPS = [
  ["an error on the console", () => console.error("oh"), /console: oh/],
  ["an error that nobody caught", () => setTimeout(() => { throw new Error("thrown"); }), /error: Error: thrown/],
  ["a dialog", () => setTimeout(() => alert("hi")), /dialog: hi/],
  ["a request to elsewhere", () => setTimeout(() => location.assign("http://127.0.0.1:9/")), /request elsewhere/],
  ["a script that the policy forbids", () => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
  }, /policy: script-src/],
  ["a style that the policy forbids", () => {
    document.body.insertAdjacentHTML("beforeend", "<p style='color:red'>red</p>");
  }, /policy: style-src/],
];

for (const [what, deed, told] of TRAPS) {
  test(`it notices ${what}`, async () => {
    const visitor = await visit();
    await visitor.see("card-up");
    visitor.clean();
    await visitor.page.evaluate(deed);
    const noticed = await eventually(
      () => {
        try {
          visitor.clean();
          return "";
        } catch (error) {
          return error.message;
        }
      },
      (message) => told.test(message),
    );
    assert.match(noticed, told);
    if (what.includes("script that")) assert.equal(await visitor.page.evaluate(() => window.ran), undefined);
    await visitor.end();
  });
}
