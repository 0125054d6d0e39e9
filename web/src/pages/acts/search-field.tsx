// A field to search with: what is typed counts once the typing rests.
import { useEffect, useRef, useState } from "preact/hooks";
import { useShortcuts } from "../../keyboard";

const REST = 200;

export function SearchField({ value, label, onSearch }: { value: string; label: string; onSearch: (text: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  useShortcuts({ "/": () => field.current?.focus() });
  // The address may change without the field: a link, the way back.
  useEffect(() => {
    if (value !== sent.current) setTyped(value);
    sent.current = value;
  }, [value]);
  useEffect(() => {
    if (typed === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = typed;
      onSearch(typed);
    }, REST);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <input
      ref={field} type="search" class="field" size={26} aria-label={label} placeholder={label} value={typed} data-testid="search" spellcheck={false}
      onInput={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => { if (event.key === "Escape") { setTyped(""); event.currentTarget.blur(); } }}
    />
  );
}
