import { expect, test } from "@playwright/test";
import { allowanceSays } from "../src/ui/allowance";
import { answerClock } from "../src/ui/answer";
import { bytesOf } from "../src/ui/bytes";
import { type EnterKey, enterDoes } from "../src/ui/enter";
import { keyOf, keyText, type Pressed } from "../src/ui/keys";
import { span, waitText } from "../src/ui/time";

const at = Date.parse("2026-11-30T02:00:00Z");
const iso = (seconds: number) => new Date(at + seconds * 1000).toISOString();
const allowance = (more: object) => ({
  until: iso(3600),
  left: 3,
  of: 5,
  opened_by: "message" as const,
  closed_at: null,
  ...more,
});

test("allowance: open, with what is left of how many", () => {
  expect(allowanceSays(allowance({}), at)).toEqual({
    kind: "open",
    left: 3,
    of: 5,
    closesIn: 3_600_000,
    last: false,
    soon: false,
  });
});

test("allowance: what is being sent counts already", () => {
  expect(allowanceSays(allowance({}), at, 2)).toMatchObject({ kind: "open", left: 1, last: true });
  expect(allowanceSays(allowance({}), at, 3)).toEqual({ kind: "spent", of: 5 });
});

test("allowance: the last minutes are said before it hurts", () => {
  expect(allowanceSays(allowance({ until: iso(600) }), at)).toMatchObject({ kind: "open", soon: true });
});

test("allowance: shut since when", () => {
  expect(allowanceSays(allowance({ until: null, left: 0, closed_at: iso(-1200) }), at)).toEqual({ kind: "shut", ago: 1_200_000 });
  expect(allowanceSays(allowance({ until: iso(-5) }), at), "it shuts by the clock, without an event").toEqual({
    kind: "shut",
    ago: 5000,
  });
  expect(allowanceSays(allowance({ until: null, left: 0 }), at)).toEqual({ kind: "shut", ago: null });
});

test("bytes: counted as UTF-8, without the blanks at both ends", () => {
  expect(bytesOf("")).toBe(0);
  expect(bytesOf("  \n")).toBe(0);
  expect(bytesOf("abc")).toBe(3);
  expect(bytesOf(" 您好 ")).toBe(6);
  expect(bytesOf("🍵")).toBe(4);
  expect(bytesOf("茶".repeat(682))).toBe(2046);
});

test("answer clock: calm, soon, overdue; the first answer is wanted sooner", () => {
  const since = { unanswered_since: iso(0), answered_at: null };
  expect(answerClock(since, at + 59_000)?.mood).toBe("calm");
  expect(answerClock(since, at + 60_000)?.mood).toBe("soon");
  expect(answerClock(since, at + 100_000)?.mood).toBe("overdue");
  expect(answerClock({ ...since, answered_at: iso(-60) }, at + 100_000)?.mood).toBe("calm");
  expect(answerClock({ unanswered_since: null, answered_at: null }, at)).toBeNull();
});

test("time: waits and spans as people read them", () => {
  expect([0, 48_000, 725_000, 3_753_000].map(waitText)).toEqual(["0:00", "0:48", "12:05", "1:02:33"]);
  expect(span(47 * 3_600_000 + 12 * 60_000)).toEqual([
    [47, "h"],
    [12, "m"],
  ]);
  expect(span(3 * 3_600_000 + 12 * 60_000)).toEqual([
    [3, "h"],
    [12, "m"],
  ]);
  expect(span(20 * 60_000)).toEqual([[20, "m"]]);
  expect(span(9000)).toEqual([[9, "s"]]);
});

const enter: EnterKey = {
  key: "Enter",
  isComposing: false,
  keyCode: 13,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
};
const long = 10_000;

test("Enter: sends, or begins a line, as the person prefers", () => {
  expect(enterDoes(enter, "enter", long)).toBe("send");
  expect(enterDoes({ ...enter, shiftKey: true }, "enter", long)).toBe("line");
  expect(enterDoes(enter, "ctrl-enter", long)).toBe("line");
  expect(enterDoes({ ...enter, ctrlKey: true }, "ctrl-enter", long)).toBe("send");
  expect(enterDoes({ ...enter, metaKey: true }, "ctrl-enter", long)).toBe("send");
});

test("Enter: is the input method's while it composes, and just afterwards", () => {
  expect(enterDoes({ ...enter, isComposing: true }, "enter", long)).toBe("held");
  expect(enterDoes({ ...enter, keyCode: 229 }, "enter", long)).toBe("held");
  expect(enterDoes(enter, "enter", 5), "Safari ends the composition before the Enter that did it").toBe("held");
  expect(enterDoes(enter, "enter", 31)).toBe("send");
});

const pressed = (code: string, more: Partial<Pressed> = {}): Pressed => ({
  code,
  key: "",
  altKey: true,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  isComposing: false,
  keyCode: 0,
  ...more,
});

test("keys: by the place on the board, with Alt, in fields too", () => {
  expect(keyOf(pressed("KeyA", { key: "å" }), true, false)).toEqual({ name: "accept", digit: 0 });
  expect(keyOf(pressed("Digit3"), true, false)).toEqual({ name: "nth", digit: 3 });
  expect(keyOf(pressed("KeyA", { altKey: false, key: "a" }), false, false)).toBeNull();
});

test("keys: none while an input method composes, and none that input methods own", () => {
  expect(keyOf(pressed("KeyA", { isComposing: true }), true, false)).toBeNull();
  expect(keyOf(pressed("KeyA", { keyCode: 229 }), true, false)).toBeNull();
  expect(keyOf(pressed("KeyA", { ctrlKey: true }), true, false), "AltGr").toBeNull();
  expect(keyOf(pressed("Space", { altKey: false, ctrlKey: true }), true, false)).toBeNull();
  expect(keyOf(pressed("ShiftLeft", { altKey: false, shiftKey: true }), true, false)).toBeNull();
});

test("keys: a Mac has Control and Option", () => {
  expect(keyOf(pressed("KeyA", { ctrlKey: true }), true, true)).toEqual({ name: "accept", digit: 0 });
  expect(keyOf(pressed("KeyA"), true, true), "Option alone writes letters").toBeNull();
  expect([keyText("accept", false), keyText("accept", true), keyText("next", false)]).toEqual(["Alt+A", "⌃⌥A", "Alt+↓"]);
});

test("keys: the question mark is a character in a field", () => {
  const question = pressed("Slash", { altKey: false, shiftKey: true, key: "?" });
  expect(keyOf(question, false, false)).toEqual({ name: "sheet", digit: 0 });
  expect(keyOf(question, true, false)).toBeNull();
});
