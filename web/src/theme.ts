// Dark, light, or as the system has it. Remembered in this browser.
import { effect, signal } from "@preact/signals";
import { recall, remember } from "./remembered";

export type Theme = "auto" | "light" | "dark";
const THEMES: readonly Theme[] = ["auto", "light", "dark"];

export const theme = signal<Theme>(THEMES.find((known) => known === recall("theme")) ?? "auto");
/** Whether dark colours show now; charts are drawn again when it turns. */
export const dark = signal(false);

export function nextTheme(): void {
  const place = THEMES.indexOf(theme.value);
  theme.value = THEMES[(place + 1) % THEMES.length] ?? "auto";
}

export function applyTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = (): void => {
    dark.value = theme.value === "dark" || (theme.value === "auto" && system.matches);
    if (theme.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
  };
  system.addEventListener("change", show);
  effect(() => {
    remember("theme", theme.value);
    show();
  });
}

/** A colour token as the browser resolves it now, for what is drawn on a canvas: `color("--up")`. */
export function color(token: `--${string}`): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  probe.hidden = true;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}
