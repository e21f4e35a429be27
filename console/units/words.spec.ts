import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { browserName } from "../src/session/browser";
import { en } from "../src/words/en";
import { languageOf } from "../src/words/words";
import { zhCN } from "../src/words/zh-CN";

const root = join(import.meta.dirname, "../..");

function flat(words: object, path = ""): Record<string, string> {
  return Object.fromEntries(
    Object.entries(words).flatMap(([key, value]) =>
      typeof value === "string" ? [[path + key, value]] : Object.entries(flat(value, `${path}${key}.`)),
    ),
  );
}

test("words: both languages have the same keys and places", () => {
  const zh = flat(zhCN);
  const english = flat(en);
  expect(Object.keys(english)).toEqual(Object.keys(zh));
  const places = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(m => m[1]).sort();
  for (const [key, text] of Object.entries(zh)) {
    expect(text, key).not.toBe("");
    if (!/_(one|other)$/.test(key)) expect(places(english[key]!), key).toEqual(places(text));
  }
});

test("words: no exclamation marks", () => {
  for (const [key, text] of Object.entries({ ...flat(zhCN), ...flat(en) })) expect(text, key).not.toMatch(/[!！]/);
});

test("words: every problem of the API has a sentence", () => {
  const described = readFileSync(join(root, "api/openapi.yaml"), "utf8").matchAll(/urn:wxdesk:problem:([a-z-]+)/g);
  const kinds = readFileSync(join(root, "api/web/problem_kind.go"), "utf8").matchAll(/ProblemKind = "([a-z-]+)"/g);
  const refusals = readFileSync(join(root, "internal/command/refusal.go"), "utf8").matchAll(/Refusal = "([a-z-]+)"/g);
  const types = new Set([...described, ...kinds, ...refusals].map(m => m[1]!));
  expect(types.size).toBeGreaterThan(30);
  expect([...types].filter(type => !(type in zhCN.problems))).toEqual([]);
});

test("words: the person's language, then the browser's, then Chinese", () => {
  expect(languageOf("en", ["zh-CN"])).toBe("en");
  expect(languageOf("", ["en-GB", "zh-CN"])).toBe("en");
  expect(languageOf("", ["de", "zh-TW"])).toBe("zh-CN");
  expect(languageOf(undefined, ["fr"])).toBe("zh-CN");
});

test("browsers: named as people know them", () => {
  expect(browserName("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/148.0.0.0 Safari/537.36")).toBe(
    "Chrome 148 · Linux",
  );
  expect(browserName("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/148.0.0.0 Safari/537.36 Edg/148.0")).toBe(
    "Edge 148 · Windows",
  );
  expect(browserName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1")).toBe(
    "Safari 18 · iOS",
  );
  expect(browserName("curl/8")).toBe("curl/8");
});
