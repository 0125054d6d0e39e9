// Every page there is, as addresses in a demo.
import { api, demo } from "./browser.mjs";

/** `[name, address]`; those of one model and one change are looked up. */
export async function everyPage(world = demo) {
  const [model] = await api("models?search=mixtral&limit=1", world);
  const [change] = await api("changes?limit=1", world);
  return [
    ["overview", "#/"],
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
