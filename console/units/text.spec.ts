import { expect, test } from "@playwright/test";
import type { Entry } from "../src/api/model";
import type { Pending } from "../src/desk/composer/outbox";
import { partsOf } from "../src/desk/conversation/parts";
import { lastSeenSeq, rowsOf } from "../src/desk/conversation/rows";
import { cursorLines, eventOf, pauseAfter } from "../src/live/stream";

test("parts: only http and https become links, and the host shown is the one opened", () => {
  const links = (text: string) => partsOf(text).filter(part => part.kind === "link");
  expect(links("see https://example.com/a?b=1。好")).toEqual([
    { kind: "link", text: "example.com/a?b=1", href: "https://example.com/a?b=1" },
  ]);
  expect(links("javascript:alert(1) data:text/html,x ftp://example.com")).toEqual([]);
  expect(links("https://bank.example@evil.example/x")[0]?.text).toBe("evil.example/x");
});

test("parts: nothing of the text is lost", () => {
  const joined = (text: string) =>
    partsOf(text)
      .map(part => (part.kind === "link" ? "" : part.text))
      .join("");
  expect(joined("你好 [微笑] <b>x</b> /::)")).toBe("你好 [微笑] <b>x</b> [微笑]");
  expect(joined("[not an emoticon of theirs] a/:b")).toBe("[not an emoticon of theirs] a/:b");
});

function entry(seq: number, kind: "customer" | "agent", at = "2026-11-30T02:00:00Z", key: string | null = null): Entry {
  return {
    seq,
    at,
    kind: "message",
    author: { kind, id: null, name: "" },
    message: { id: `m${seq}`, key, kind: "text" },
  } as Entry;
}

const pending = (key: string, message = ""): Pending => ({
  key,
  message,
  conversation: "c",
  kind: "reply",
  text: "",
  at: 0,
  state: "sending",
  tries: 1,
});

test("rows: a line keeps its key when the API's answer takes its place", () => {
  const before = rowsOf([entry(1, "customer")], [pending("k1")], null);
  const after = rowsOf([entry(1, "customer"), entry(2, "agent", undefined, "k1")], [pending("k1", "m2")], null);
  expect(before.map(row => row.key)).toEqual(["seq-1", "k1"]);
  expect(after.map(row => row.key)).toEqual(["seq-1", "k1"]);
  expect(after.filter(row => "pending" in row.line)).toEqual([]);
});

test("rows: days, runs, and what is new", () => {
  const rows = rowsOf(
    [entry(1, "customer", "2026-11-28T02:00:00Z"), entry(2, "customer", "2026-11-28T02:01:00Z"), entry(3, "customer")],
    [],
    2,
  );
  expect(rows.map(row => row.day !== null)).toEqual([true, false, true]);
  expect(rows.map(row => row.first)).toEqual([true, false, true]);
  expect(rows.map(row => row.isNew)).toEqual([false, false, true]);
});

test("rows: what is written after an event begins a run", () => {
  const followed = entry(1, "customer");
  followed.message = { id: "m1", key: null, kind: "subscribe" } as Entry["message"];
  expect(rowsOf([followed, entry(2, "customer"), entry(3, "customer")], [], null).map(row => row.first)).toEqual([
    true,
    true,
    false,
  ]);
});

test("rows: older lines that are put before change no key", () => {
  const all = Array.from({ length: 30 }, (_, i) => entry(i + 1, i % 3 ? "customer" : "agent"));
  const keys = rowsOf(all.slice(10), [], 15).map(row => row.key);
  expect(
    rowsOf(all, [], 15)
      .map(row => row.key)
      .slice(10),
  ).toEqual(keys);
});

test("rows: new begins at the customer's first unread line", () => {
  const items = [entry(1, "customer"), entry(2, "agent"), entry(3, "customer"), entry(4, "customer")];
  expect(lastSeenSeq(items, 2)).toBe(2);
  expect(lastSeenSeq(items, 0)).toBeNull();
  expect(lastSeenSeq([], 5)).toBeNull();
});

test("stream: a cursor counts when its event is whole", () => {
  const seen: string[] = [];
  const feed = cursorLines(id => seen.push(id));
  feed("id: 7\nevent: message\nda");
  expect(seen).toEqual([]);
  feed("ta: {}\n\nid: 8\n");
  expect(seen).toEqual(["7"]);
  feed("\n");
  expect(seen).toEqual(["7", "8"]);
});

test("stream: unknown events and broken lines are left alone", () => {
  expect(eventOf("alert", "{}")).toBeNull();
  expect(eventOf("message", "{")).toBeNull();
  expect(eventOf("reset", "")).toEqual({ name: "reset", data: {} });
});

test("stream: back soon after a short break, and seldom asked for in a long one", () => {
  for (let failures = 1; failures < 9; failures++) expect(pauseAfter(failures, 10_000, 1)).toBeLessThanOrEqual(2100);
  expect([1, 2, 3, 8].map(failures => pauseAfter(failures, 60_000, 1))).toEqual([1100, 2100, 4100, 15_100]);
  expect(pauseAfter(5, 60_000, 0), "all at once would be too many").toBe(100);
});
