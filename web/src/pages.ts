// Which file draws which page. Every file `pages/NAME.tsx` is the page `#/NAME`, read when it is first opened; it gives
// away its component as the default.
import type { ComponentType } from "preact";
import type { PageName, Route } from "./router";

export type Page = ComponentType<{ route: Route }>;

const files = import.meta.glob<{ default: Page }>(["./pages/*.tsx", "!./pages/overview.tsx"]);

/** How to read a page's file; `undefined` where there is none. */
export function reader(name: PageName): (() => Promise<{ default: Page }>) | undefined {
  return files[`./pages/${name}.tsx`];
}
