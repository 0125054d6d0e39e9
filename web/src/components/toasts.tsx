import { signal } from "@preact/signals";

export type Tone = "plain" | "good" | "bad";
interface Toast {
  id: number;
  text: string;
  tone: Tone;
}

const toasts = signal<Toast[]>([]);
let next = 0;

/** Says something for a few seconds, to screen readers, too. */
export function say(text: string, tone: Tone = "plain"): void {
  const id = next++;
  toasts.value = [...toasts.value.filter((toast) => toast.text !== text), { id, text, tone }];
  setTimeout(() => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  }, tone === "bad" ? 9000 : 4000);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => <div key={toast.id} class={`toast toast-${toast.tone}`}><bdi>{toast.text}</bdi></div>)}
    </div>
  );
}
