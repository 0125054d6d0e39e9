import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "./icons";
import { say } from "./toasts";

/** Copies, also where the page came over plain HTTP and the browser keeps its clipboard to itself. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "off-screen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

export function CopyButton({ text, what, tabIndex }: { text: string; what: string; tabIndex?: number }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  const click = async (event: MouseEvent): Promise<void> => {
    event.preventDefault();
    event.stopPropagation();
    if (!(await copy(text))) return;
    setDone(true);
    say(t("copied"));
  };
  const label = t("copy", { what });
  return (
    <button type="button" class="icon-button copy" title={label} aria-label={label} onClick={click} tabIndex={tabIndex}>
      <Icon name={done ? "check" : "copy"} />
    </button>
  );
}
