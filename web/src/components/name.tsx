/**
 * A name from outside: hostile text. Kept in its own writing direction, so that none can turn round what stands next
 * to it, and cut where it is too long.
 */
export function Name({ text, mono = false, testId }: { text: string; mono?: boolean; testId?: string }) {
  return <bdi class={mono ? "name mono" : "name"} title={text} data-testid={testId}>{text}</bdi>;
}

/** Longer words from outside, in full, over as many lines as they need. */
export function Words({ text }: { text: string }) {
  return <bdi class="words">{text}</bdi>;
}
