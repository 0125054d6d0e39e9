import { describe, expect, it } from "vitest";
import { href, merged, parse, PAGES } from "../src/router";

describe("parse", () => {
  it("reads page, id and query", () => {
    const route = parse("#/model/17?window=7d&light=up,down");
    expect([route.page, route.id, route.query.get("window"), route.query.get("light")]).toEqual(["model", "17", "7d", "up,down"]);
  });

  it("takes every spelling of the front page", () => {
    for (const hash of ["", "#", "#/", "/"]) expect(parse(hash).page).toBe("overview");
    expect(parse("#/?search=gpt").query.get("search")).toBe("gpt");
  });

  it("knows a page that is not there, and an address that cannot be decoded", () => {
    expect(parse("#/nowhere").page).toBe("missing");
    expect(parse("#/model/%E0%A4%A").page).toBe("missing");
    expect(parse("#/constructor").page).toBe("missing");
  });
});

describe("href", () => {
  it.each(["openai/gpt-4o:free", "a?b#c", "名前/模型", "<img onerror>", "100%", "\u202Edlrow"])("comes back from %j", (name) => {
    expect(parse(href("model", name))).toMatchObject({ page: "model", id: name });
  });

  it("comes back for every page", () => {
    for (const page of PAGES) expect(parse(href(page)).page).toBe(page);
  });

  it("leaves out what is as usual", () => {
    expect(href("overview", null, { gateway: "a b", search: "", withdrawn: false, channel: null, desc: true })).toBe("#/?gateway=a+b&desc=true");
    expect(parse(href("overview", null, { search: "a&b=c?d#e" })).query.get("search")).toBe("a&b=c?d#e");
  });
});

it("merged changes only what it is told", () => {
  const query = new URLSearchParams("light=up&search=x");
  expect(merged(query, { light: null, sort: "p50" }).toString()).toBe("search=x&sort=p50");
  expect(query.toString()).toBe("light=up&search=x");
});
