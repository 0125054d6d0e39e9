// One model's page: its chart is drawn, and follows the window that is chosen. And the free models.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { close, eventually, launch, visit } from "./browser.mjs";

before(launch);
after(close);

/** How many of the chart's pixels are drawn, in how many colours, and a sum that tells two pictures apart. */
async function drawn(visitor) {
  return visitor.byId("model-chart").locator("canvas").first().evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    let [pixels, sum] = [0, 0];
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] === 0) continue;
      pixels += 1;
      colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
      sum = (sum * 31 + data[at] + 7 * data[at + 1] + 13 * data[at + 2] + at) % 1_000_000_007;
    }
    return { pixels, colours: colours.size, sum };
  });
}

test("a row opens its model, with a chart that is drawn", async () => {
  const visitor = await visit({ path: "#/?search=mixtral-8x7b" });
  await visitor.see("model-row");
  const name = await visitor.byId("model-name").first().innerText();
  await visitor.byId("model-name").first().click();
  await visitor.see("model-title");
  assert.equal(await visitor.byId("model-title").innerText(), name);
  await visitor.byId("model-chart").locator("canvas").first().waitFor();
  const day = await eventually(() => drawn(visitor), ({ pixels, colours }) => pixels > 2000 && colours > 4);
  assert.ok(day.pixels > 2000 && day.colours > 4, `the chart is blank: ${JSON.stringify(day)}`);
  assert.ok((await eventually(() => visitor.byId("history-row").count(), (rows) => rows > 0)) > 0, "no observation");

  await visitor.byId("window-7d").click();
  const week = await eventually(() => drawn(visitor), ({ sum, pixels }) => sum !== day.sum && pixels > 2000);
  assert.notEqual(week.sum, day.sum, "the week looks as the day does");
  assert.match(visitor.page.url(), /window=7d/);
  visitor.clean();
  await visitor.end();
});

test("free models are listed, and a click on a head puts the fastest first", async () => {
  const visitor = await visit({ path: "#/free" });
  await visitor.see("free-row");
  assert.ok((await visitor.byId("free-row").count()) >= 5);
  const names = () => visitor.byId("model-name").allTextContents();
  const throughput = visitor.page.locator("th button.sort").nth(4);
  await throughput.click();
  const found = await eventually(names, ([first]) => first === "borealis/vision-9b:free");
  assert.equal(found[0], "borealis/vision-9b:free", `${found}`);
  visitor.clean();
  await visitor.end();
});

test("a model that is not there is said not to be", async () => {
  const visitor = await visit({ path: "#/model/999999", expect: [404] });
  const text = await eventually(() => visitor.page.locator("main").innerText(), (said) => said.trim() !== "");
  assert.notEqual(text.trim(), "");
  assert.equal(await visitor.byId("model-chart").count(), 0);
  visitor.clean();
  await visitor.end();
});
