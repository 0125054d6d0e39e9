import { describe, expect, it } from "vitest";
import { rowAt, span, top, whole, type Rows } from "../src/virtual";

const rows = (change: Partial<Rows> = {}): Rows => ({ count: 5000, height: 40, open: -1, extra: 148, ...change });

describe("span", () => {
  it("draws what is seen and a few around", () => {
    expect(span(rows(), 4000, 4800, 8)).toEqual({ first: 92, end: 129 });
  });

  it("stays within the list, at both ends and beyond them", () => {
    expect(span(rows(), -300, 500, 8)).toEqual({ first: 0, end: 21 });
    expect(span(rows(), 199_800, 200_700, 8)).toEqual({ first: 4987, end: 5000 });
    expect(span(rows(), 900_000, 900_900, 8)).toEqual({ first: 4992, end: 5000 });
    expect(span(rows(), -9000, -8000, 8)).toEqual({ first: 0, end: 8 });
    expect(span(rows({ count: 3 }), 0, 900, 8)).toEqual({ first: 0, end: 3 });
    expect(span(rows({ count: 0 }), 0, 900, 8)).toEqual({ first: 0, end: 0 });
  });

  it.each([-1, 0, 7, 2500, 4999])("leaves no hole on the screen, whichever row is open (%i)", (open) => {
    const list = rows({ open });
    for (let from = 0; from < whole(list); from += 977) {
      const { first, end } = span(list, from, from + 900, 0);
      expect(top(list, first)).toBeLessThanOrEqual(from);
      expect(top(list, end)).toBeGreaterThanOrEqual(Math.min(from + 900, whole(list)));
      expect(end - first).toBeLessThan(26);
    }
  });
});

it("the open row pushes those below it", () => {
  const list = rows({ open: 2 });
  expect([top(list, 2), top(list, 3), whole(list)]).toEqual([80, 268, 200_148]);
  expect([rowAt(list, 119), rowAt(list, 200), rowAt(list, 267), rowAt(list, 268), rowAt(list, 308)]).toEqual([2, 2, 2, 3, 4]);
});
