import { expect, it } from "vitest";
import { together } from "../src/pages/plan/together";
import type { HeldPart } from "../src/types";

const part = (guard: string, why: string, model: string): HeldPart => ({
  guard, why, may_be_lifted: true, removals: [{ model, reason: `${model} is gone` }], additions: [`${model}-new`],
});

it("tells a guard's reason once for all that it holds, in the order in which they came", () => {
  const parts = [part("last-route", "no other", "a"), part("channel-limit", "2 of 4", "b"), part("last-route", "no other", "c")];
  const found = together(parts);
  expect(found.map(({ guard, removals }) => [guard, removals.map(({ model }) => model)])).toEqual([
    ["last-route", ["a", "c"]],
    ["channel-limit", ["b"]],
  ]);
  expect(found[0]?.additions).toEqual(["a-new", "c-new"]);
  expect(parts[0]?.removals).toHaveLength(1);
});

it("keeps apart what is held for different reasons, and what nobody may let through", () => {
  const never = { ...part("last-route", "no other", "b"), may_be_lifted: false };
  expect(together([part("last-route", "no other", "a"), part("last-route", "another", "a"), never])).toHaveLength(3);
  expect(together([])).toEqual([]);
});
