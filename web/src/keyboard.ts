// Keys that work wherever the focus is, save where a person types.
import { useEffect, useRef } from "preact/hooks";

/** By `KeyboardEvent.key`. One that returns `false` did nothing, and the next may. */
export type Shortcuts = Record<string, (event: KeyboardEvent) => boolean | void>;

/** The latest first: what is on top of the page gets the key first. */
const layers: { current: Shortcuts }[] = [];
let listening = false;

export function useShortcuts(shortcuts: Shortcuts): void {
  const layer = useRef(shortcuts);
  layer.current = shortcuts;
  useEffect(() => {
    if (!listening) addEventListener("keydown", press);
    listening = true;
    layers.unshift(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, []);
}

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") !== null) return;
  const target = event.target;
  if (target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null) return;
  // A button or a link keeps what it does itself.
  if ((event.key === "Enter" || event.key === " ") && target instanceof Element && target.closest("a, button, summary") !== null) return;
  for (const layer of layers) {
    const deed = layer.current[event.key];
    if (deed !== undefined && deed(event) !== false) {
      event.preventDefault();
      return;
    }
  }
}
