import { describe, expect, it } from "vitest";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";
import { pageOf, sortOf } from "../src/pages/alerts/about";
import cause from "../../src/model/cause.rs?raw";
import event from "../../src/notify/event.rs?raw";
import english from "../../src/notify/words/en.ftl?raw";
import chinese from "../../src/notify/words/zh.ftl?raw";
import outbox from "../../src/store/outbox.rs?raw";

/** The names that an enum's variants have in JSON, in declaration order. */
function names(source: string, of: string): string[] {
  const body = new RegExp(`pub enum ${of} \\{([^}]*)\\}`).exec(source)?.[1] ?? "";
  const variants = [...body.matchAll(/^\s+([A-Z]\w*),/gm)].map(([, name]) => name ?? "");
  return variants.map((name) => name.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase());
}

/** What has a text in that family. */
const said = (texts: object, family: string): string[] =>
  Object.keys(texts).flatMap((key) => (key.startsWith(`${family}.`) ? [key.slice(family.length + 1)] : []));

const causes = names(cause, "Cause");

describe.each([["en", en, english], ["zh", zh, chinese]] as const)("in %s there is a word", (_language, texts, messages) => {
  it.each([
    ["cause", causes],
    ["severity", names(cause, "Severity")],
    ["told", names(event, "What")],
    ["post.state", names(outbox, "Posting")],
  ])("for every %s that the server knows, and for no other", (family, known) => {
    expect(said(texts, family).sort()).toEqual([...known].sort());
  });

  it("for every cause that messages use, too", () => {
    const told = causes.map((name) => [name, new RegExp(`^${name} = (.+)$`, "m").exec(messages)?.[1]]);
    expect(told.map(([name]) => [name, new Map(Object.entries(texts)).get(`cause.${name}`)])).toEqual(told);
  });
});

it("reads as many causes as the server counts", () => {
  expect(causes).toHaveLength(Number(/ALL: \[Self; (\d+)\]/.exec(cause)?.[1]));
  for (const name of causes) expect(cause).toContain(`=> "${name}",`);
});

describe("an alert", () => {
  const of = (cause: string, subject: string, channel: number | null = 3) => sortOf({ cause, subject, channel });
  it("leads to its model, where a channel has it", () => {
    expect([of("failing", "gpt-4o"), of("expiring", "free/model", null), of("failing", "")]).toEqual(["model", "other", "other"]);
  });
  it("names a key by its number, and nothing else so", () => {
    expect([of("key-bad", "2"), of("no-credit", "0"), of("key-bad", ""), of("budget", "2")]).toEqual(["key", "key", "other", "other"]);
    expect(of("degraded", "2")).toBe("model");
  });
  it("leads to where it is decided", () => {
    expect(["held", "withdrawn", "budget", "silent", "constructor"].map(pageOf)).toEqual(["plan", "changes", "budget", null, null]);
  });
});
