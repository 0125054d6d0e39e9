import { describe, expect, it } from "vitest";
import { ago, duration, percent, utc } from "../src/format";
import { path } from "../src/sparkline";
import { pieces, spelled } from "../src/spelled";
import { backoff } from "../src/live";

describe("percent", () => {
  it.each([
    [100, "100 %"], [0, "0 %"], [99.99, "99.9 %"], [99.95, "99.9 %"], [0.01, "0.1 %"], [83.3333, "83.3 %"], [null, "–"], [undefined, "–"],
  ])("%j is %j", (value, shown) => expect(percent(value, "en-GB")).toBe(shown));
});

describe("duration", () => {
  it.each([
    [0, "0 ms"], [834.4, "834 ms"], [999, "999 ms"], [1260, "1.26 s"], [9994, "9.99 s"], [9999, "10.0 s"], [59_960, "60 s"], [75_000, "75 s"], [null, "–"],
  ])("%j is %j", (value, shown) => expect(duration(value, "en-GB")).toBe(shown));
});

describe("ago", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  it.each([
    ["2026-11-21T11:59:40Z", "now"], ["2026-11-21T11:18:00Z", "42 min ago"], ["2026-11-21T08:30:00Z", "3 hr ago"],
    ["2026-11-21T12:20:00Z", "in 20 min"], ["2026-11-18T11:00:00Z", "3 days ago"], ["nonsense", "–"],
  ])("%j is %j", (at, shown) => expect(ago(at, now, "en-GB")).toBe(shown));
  it("speaks the other language", () => expect(ago("2026-11-21T08:30:00Z", now, "zh-CN")).toBe("3小时前"));
});

it("times are shown in UTC, and nonsense as it is", () => {
  expect(utc("2026-11-21T14:03:22.512+02:00")).toBe("2026-11-21 12:03:22 UTC");
  expect(utc("soon")).toBe("soon");
});

describe("sparkline", () => {
  it("leaves gaps, and makes a dot of a lone value", () => {
    expect(path([10, null, 20, 30], 30, 10)).toBe("M0,10h.01M20,5L30,0");
  });
  it("draws a level line through the middle, and nothing of nothing", () => {
    expect(path([5, 5], 30, 10)).toBe("M0,5L30,5");
    expect(path([null, null], 30, 10)).toBe("");
  });
});

describe("spelled", () => {
  it("spells what turns a name round or hides in it", () => {
    expect(spelled("a\u202Eb\u200Bc")).toBe("a[U+202E]b[U+200B]c");
    expect(spelled("\u0000")).toBe("[U+0000]");
  });
  it("leaves letters of every script alone, and loses nothing", () => {
    for (const text of ["", "openai/gpt-4o:free", "نموذج", "模型 🙂", "<img onerror>", "two\nlines"]) expect(spelled(text)).toBe(text);
    const hostile = "\u2066x\u2069\u202E!";
    expect(pieces(hostile).map((piece) => piece.text).join("")).toBe(hostile);
  });
});

it("waits longer after each failure, up to a minute", () => {
  expect([1, 2, 3, 7, 40].map(backoff)).toEqual([1000, 2000, 4000, 60_000, 60_000]);
});
