// What a browser has to fetch, as it is sent.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { root } from "./world.mjs";

const KIB = 1024;

test("the whole bundle is at most 300 KiB, and what the first page needs 60", () => {
  const dist = join(root, "web/dist");
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const sizes = files.map((file) => {
    const path = join(file.parentPath ?? file.path, file.name);
    return { path: path.slice(dist.length + 1), size: gzipSync(readFileSync(path), { level: 9 }).length };
  });
  const index = readFileSync(join(dist, "index.html"), "utf8");
  const first = sizes.filter(({ path }) => path === "index.html" || index.includes(path));
  const sum = (of) => of.reduce((all, { size }) => all + size, 0) / KIB;
  for (const { path, size } of sizes) console.log(`${(size / KIB).toFixed(1).padStart(7)} KiB  ${path}`);
  console.log(`${sum(sizes).toFixed(1).padStart(7)} KiB  together; ${sum(first).toFixed(1)} KiB for the first page`);
  assert.ok(first.length > 1, "the first page has no script");
  assert.ok(sum(sizes) <= 300, `${sum(sizes)} KiB`);
  assert.ok(sum(first) <= 60, `${sum(first)} KiB`);
});
