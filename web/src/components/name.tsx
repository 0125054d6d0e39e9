import { pieces, spelled } from "../spelled";

/**
 * A name from outside: hostile text. Kept in its own writing direction, so that none can turn round what stands next
 * to it, and cut where it is too long.
 */
export function Name({ text, mono = false, testId }: { text: string; mono?: boolean; testId?: string }) {
  return <bdi class={mono ? "name mono" : "name"} title={spelled(text)} data-testid={testId}><Spelled text={text} /></bdi>;
}

/** Longer words from outside, in full, over as many lines as they need. */
export function Words({ text }: { text: string }) {
  return <bdi class="words"><Spelled text={text} /></bdi>;
}

/** The text as it is; what would be invisible, or would reorder it, is taken out of the drawing and spelled instead. */
function Spelled({ text }: { text: string }) {
  const parts = pieces(text);
  if (parts.length === 1 && parts[0]?.code === null) return <>{text}</>;
  return (
    <>
      {parts.map(({ text: part, code }, place) => (code === null ? part : (
        <span key={place} class="control" data-code={code}><span hidden>{part}</span></span>
      )))}
    </>
  );
}
