import { signal } from "@preact/signals";

/** Phone width: tables become cards. The same width stands in the style sheets. */
export const narrow = signal(false);

if (typeof matchMedia === "function") {
  const query = matchMedia("(max-width: 720px)");
  narrow.value = query.matches;
  query.addEventListener("change", () => { narrow.value = query.matches; });
}
