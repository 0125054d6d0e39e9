// What was there last stands until the next is there: another filter or window neither flickers nor moves the page.
import { useRef } from "preact/hooks";

/** The value, or while there is none, the last one. */
export function useLast<T>(value: T | null): T | null {
  const last = useRef(value);
  if (value !== null) last.current = value;
  return last.current;
}
