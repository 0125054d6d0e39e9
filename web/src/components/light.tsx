import { t } from "../i18n";
import type { Light as State } from "../types";

/** A traffic light that says its state by shape, too: a disc, a triangle, a square, a ring. */
export function Light({ state, label }: { state: State; label?: string }) {
  const said = label ?? t(`light.${state}`);
  return (
    <svg class={`light light-${state}`} viewBox="0 0 12 12" role="img" aria-label={said}>
      <title>{said}</title>
      <Shape state={state} />
    </svg>
  );
}

/** The light alone, where what is around it says the state. */
export function BareLight({ state }: { state: State }) {
  return <svg class={`light light-${state}`} viewBox="0 0 12 12" aria-hidden="true"><Shape state={state} /></svg>;
}

function Shape({ state }: { state: State }) {
  if (state === "up") return <circle cx="6" cy="6" r="5" />;
  if (state === "degraded") return <path d="M6 .8 11.6 10.8H.4Z" />;
  if (state === "down") return <rect x="1.2" y="1.2" width="9.6" height="9.6" rx="1.6" />;
  return <circle cx="6" cy="6" r="4.2" />;
}
