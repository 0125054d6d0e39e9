import { describe, expect, it } from "vitest";
import { chosen, fill } from "../src/i18n";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";

const blanks = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([blank]) => blank).sort();
const texts = Object.entries(en) as [keyof typeof en, string][];

const sources = import.meta.glob<string>(["../src/**/*.{ts,tsx}", "!../src/i18n/**"], { query: "?raw", import: "default", eager: true });

describe("languages", () => {
  it("both say the same things", () => {
    expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
    expect(texts.length).toBeGreaterThan(100);
  });

  it("no text is empty, and each has the same blanks", () => {
    for (const [key, text] of texts) {
      expect(text, key).not.toBe("");
      expect(zh[key], key).not.toBe("");
      expect(blanks(zh[key]), key).toEqual(blanks(text));
    }
  });

  it("every text is said somewhere", () => {
    const code = Object.values(sources).join("\n");
    // Keys made of a name from the server: t(`light.${light}`), word("outcome", outcome).
    const made = [...code.matchAll(/\bt\(`([\w.-]+\.)\$\{|\b(?:word|known)\("([\w.-]+)",/g)].map(([, start, family]) => start ?? `${family}.`);
    const unsaid = texts.map(([key]) => key).filter((key) => !code.includes(`"${key}"`) && !made.some((start) => key.startsWith(start)));
    expect(unsaid).toEqual([]);
  });
});

it("fills blanks, and only those it has values for", () => {
  expect(fill("{done} of {expected}{x}", { done: 0, expected: "{done}" })).toBe("0 of {done}{x}");
});

it("chooses what was chosen, else what the browser asks for first", () => {
  expect(chosen("en", ["zh-CN"])).toBe("en");
  expect(chosen(null, ["fr", "zh-Hans", "en"])).toBe("zh");
  expect(chosen("klingon", ["de"])).toBe("en");
});
