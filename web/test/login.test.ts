import { expect, it } from "vitest";
import { safeBack, tokenGivesMore } from "../src/pages/login";
import type { Session } from "../src/types";

const session = (change: Partial<Session>): Session => ({ may_read: true, may_act: false, needs_token: false, acts_with_token: false, csrf: null, ...change });

it("asks for a token only where one gives more", () => {
  expect(tokenGivesMore(session({}))).toBe(false);
  expect(tokenGivesMore(session({ acts_with_token: true }))).toBe(true);
  expect(tokenGivesMore(session({ acts_with_token: true, may_act: true }))).toBe(false);
  expect(tokenGivesMore(session({ needs_token: true, may_read: false }))).toBe(true);
  expect(tokenGivesMore(session({ needs_token: true, csrf: "c" }))).toBe(false);
});

it("leads back to a page of ours, never elsewhere", () => {
  expect(safeBack("#/changes/7?x=1")).toBe("#/changes/7?x=1");
  for (const then of ["", "https://evil.example/#/", "//evil", "javascript:alert(1)", "#/login?then=x"]) expect(safeBack(then)).toBe("#/");
});
