// The colours of the page for a canvas, which knows no CSS variables.
import { color } from "../theme";

export interface Palette {
  text: string;
  muted: string;
  line: string;
  raised: string;
  accent: string;
  second: string;
  third: string;
  up: string;
  degraded: string;
  down: string;
  unknown: string;
  font: string;
}

/** The colours as they are now; another theme has others. */
export function readPalette(): Palette {
  return {
    text: color("--text"),
    muted: color("--muted"),
    line: color("--line"),
    raised: color("--raised"),
    accent: color("--accent"),
    second: color("--chart-2"),
    third: color("--chart-3"),
    up: color("--up"),
    degraded: color("--degraded"),
    down: color("--down"),
    unknown: color("--unknown"),
    font: getComputedStyle(document.body).fontFamily,
  };
}
