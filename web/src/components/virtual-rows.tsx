import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { span, top, whole, type Rows, type Span } from "../virtual";

interface VirtualRowsProps {
  count: number;
  /** A row's height in px: the style sheet must keep to it. */
  height: number;
  /** One row that is `extra` px higher. */
  open?: number;
  extra?: number;
  /** What scrolls; without, the page does. */
  scroller?: RefObject<HTMLElement | null>;
  /** Stays with its row however the order changes. */
  rowKey: (index: number) => string | number;
  children: (index: number) => ComponentChildren;
}

/** Draws only the rows on the screen; the rest is empty height. Goes inside an element with role table or grid. */
export function VirtualRows({ count, height, open = -1, extra = 0, scroller, rowKey, children }: VirtualRowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const rows: Rows = { count, height, open, extra };
  const [shown, setShown] = useState<Span>({ first: 0, end: Math.min(count, 40) });

  useLayoutEffect(() => {
    const outside = scroller?.current ?? null;
    const look = (): void => {
      if (box.current === null) return;
      const { top: begins } = box.current.getBoundingClientRect();
      const frame = outside?.getBoundingClientRect();
      const from = (frame?.top ?? 0) - begins;
      const next = span(rows, from, from + (frame?.height ?? innerHeight));
      setShown((last) => (last.first === next.first && last.end === next.end ? last : next));
    };
    look();
    const target: EventTarget = outside ?? window;
    target.addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    // What scrolls may change its own height while the window keeps its.
    const resized = new ResizeObserver(look);
    if (outside !== null) resized.observe(outside);
    return () => {
      resized.disconnect();
      target.removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [count, height, open, extra, scroller]);

  const drawn: ComponentChildren[] = [];
  for (let index = shown.first; index < Math.min(count, shown.end); index += 1) {
    drawn.push(
      <div key={rowKey(index)} class="virtual-row" role="presentation" style={{ transform: `translateY(${top(rows, index)}px)`, height: `${height + (index === open ? extra : 0)}px` }}>
        {children(index)}
      </div>,
    );
  }
  return <div ref={box} class="virtual-rows" role="rowgroup" style={{ height: `${whole(rows)}px` }}>{drawn}</div>;
}
