// Every page there is, as addresses in a demo, and what each must be.
import assert from "node:assert/strict";

import { api, demo, eventually } from "./browser.mjs";

/** `[name, address]`; those of one model and one change are looked up. */
export async function everyPage(world = demo) {
  const [model] = await api("models?search=mixtral&limit=1", world);
  const [change] = await api("changes?limit=1", world);
  return [
    ["overview", "#/"],
    ["alerts", "#/alerts"],
    ["channels", "#/channels"],
    ["model", `#/model/${model.id}`],
    ["rounds", "#/rounds"],
    ["changes", "#/changes"],
    ["change", `#/changes/${change.id}`],
    ["plan", "#/plan"],
    ["withdrawn", "#/withdrawn"],
    ["free", "#/free"],
    ["budget", "#/budget"],
    ["about", "#/about"],
    ["login", "#/login"],
    // What the server itself draws.
    ["status", "status"],
    ["api", "api"],
  ];
}

/** Loads a page and waits until it shows all it has to show; one that loads for ever or shows an error fails. */
export async function open(visitor, path) {
  // Another hash alone would load nothing, and the page before could be taken for this one.
  await visitor.page.goto("about:blank");
  await visitor.go(path);
  const state = () =>
    visitor.page.evaluate(() => ({
      title: document.querySelector("h1")?.textContent.trim() ?? "",
      loading: document.querySelectorAll(".loading, [aria-busy=true], [data-state=loading]").length,
      error: document.querySelector(".error-box, .chart-failed")?.innerText ?? null,
    }));
  const now = await eventually(state, ({ title, loading, error }) => error !== null || (title !== "" && loading === 0));
  assert.ok(now.title !== "" && now.loading === 0 && now.error === null, `${path}: ${JSON.stringify(now)}`);
}

/** By how many pixels the page is wider than its window, and what is widest. */
export function overflow(page) {
  return page.evaluate(() => {
    const root = document.documentElement;
    const by = Math.max(root.scrollWidth, document.body.scrollWidth) - root.clientWidth;
    if (by <= 0) return { by: 0, widest: null };
    let [widest, edge] = [null, root.clientWidth];
    for (const element of document.querySelectorAll("body *")) {
      const { right } = element.getBoundingClientRect();
      if (right > edge) [widest, edge] = [`${element.tagName}.${element.className} to ${Math.round(right)}`, right];
    }
    return { by, widest };
  });
}
