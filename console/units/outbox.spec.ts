import { expect, test } from "@playwright/test";
import type { Conversation } from "../src/api/model";
import { Refusal } from "../src/api/problems";
import { Outbox, type Pending } from "../src/desk/composer/outbox";

/** A world whose answers and clock the test decides. */
function world() {
  const w = {
    sent: [] as { key: string; text: string }[],
    answers: [] as (Refusal | "answer")[],
    refusals: [] as { text: string; type: string }[],
    waits: [] as { ms: number; act: () => void }[],
    time: 0,
    isBroken: false,
    keys: 0,
    outbox: null as unknown as Outbox,
    async settle() {
      for (let i = 0; i < 20; i++) await Promise.resolve();
    },
    async wait() {
      const next = w.waits.shift();
      if (!next) throw new Error("nothing waits");
      w.time += next.ms;
      next.act();
      await w.settle();
      return next.ms;
    },
  };
  w.outbox = new Outbox({
    async send(p: Pending) {
      w.sent.push({ key: p.key, text: p.text });
      const answer = w.answers.shift() ?? "answer";
      if (answer !== "answer") throw answer;
      return { conversation: { id: p.conversation } as Conversation, message_id: `m-${p.key}` };
    },
    answered: () => {},
    refused: (p, refusal) => w.refusals.push({ text: p.text, type: refusal.type }),
    broken: () => w.isBroken,
    now: () => w.time,
    later: (ms, act) => w.waits.push({ ms, act }),
    newKey: () => `k${++w.keys}`,
  });
  return w;
}

const offline = () => new Refusal("offline", 0);
const states = (o: Outbox, id = "c1") => o.of(id).map(p => p.state);

test("outbox: lines of a conversation go one after another, in order", async () => {
  const w = world();
  for (const text of ["a", "b", "c"]) w.outbox.add("c1", "reply", text);
  expect(w.sent.map(s => s.text)).toEqual(["a"]);
  await w.settle();
  expect(w.sent.map(s => s.text)).toEqual(["a", "b", "c"]);
  expect(states(w.outbox)).toEqual(["answered", "answered", "answered"]);
});

test("outbox: conversations do not wait for each other", async () => {
  const w = world();
  w.answers = [offline()];
  w.outbox.add("c1", "reply", "a");
  w.outbox.add("c2", "reply", "b");
  await w.settle();
  expect(states(w.outbox, "c1")).toEqual(["retrying"]);
  expect(states(w.outbox, "c2")).toEqual(["answered"]);
});

test("outbox: a lost answer is asked for again with the same key, and nothing overtakes", async () => {
  const w = world();
  w.answers = [offline(), new Refusal("unavailable", 503), "answer"];
  w.outbox.add("c1", "reply", "a");
  w.outbox.add("c1", "reply", "b");
  await w.settle();
  await w.wait();
  await w.wait();
  expect(w.sent.map(s => s.key)).toEqual(["k1", "k1", "k1", "k2"]);
  expect(states(w.outbox)).toEqual(["answered", "answered"]);
});

test("outbox: pauses grow, and Retry-After is kept", async () => {
  const w = world();
  w.answers = [offline(), offline(), new Refusal("overloaded", 503, {}, 7), offline()];
  w.outbox.add("c1", "reply", "a");
  await w.settle();
  expect([await w.wait(), await w.wait(), await w.wait()]).toEqual([500, 1000, 7000]);
});

test("outbox: after a minute nobody knows, and a line goes again under its key", async () => {
  const w = world();
  w.answers = Array.from({ length: 40 }, offline);
  w.outbox.add("c1", "reply", "a");
  w.outbox.add("c1", "reply", "b");
  await w.settle();
  while (w.waits.length > 0) await w.wait();
  expect(states(w.outbox), "it may have been done: it is not called unsent").toEqual(["unsure", "queued"]);
  expect(w.time).toBeGreaterThanOrEqual(60_000);
  w.answers = [];
  w.outbox.again("k1");
  await w.settle();
  expect(w.sent.slice(-2).map(s => s.key)).toEqual(["k1", "k2"]);
});

test("outbox: waiting for a broken line uses up no patience, and its return sends at once", async () => {
  const w = world();
  w.isBroken = true;
  w.answers = Array.from({ length: 30 }, offline);
  w.outbox.add("c1", "reply", "a");
  await w.settle();
  for (let i = 0; i < 20; i++) await w.wait();
  expect(w.time).toBeGreaterThan(60_000);
  expect(states(w.outbox)).toEqual(["retrying"]);
  w.answers = [];
  w.isBroken = false;
  w.outbox.kick();
  await w.settle();
  expect(states(w.outbox)).toEqual(["answered"]);
  expect(new Set(w.sent.map(s => s.key))).toEqual(new Set(["k1"]));
});

test("outbox: a refused line comes back, and those behind it wait for a person", async () => {
  const w = world();
  w.answers = [new Refusal("reply-window-closed", 409)];
  w.outbox.add("c1", "reply", "a");
  w.outbox.add("c1", "reply", "b");
  await w.settle();
  expect(w.refusals).toEqual([{ text: "a", type: "reply-window-closed" }]);
  expect(w.outbox.of("c1").map(p => [p.text, p.state])).toEqual([["b", "stuck"]]);
  expect(w.sent.length).toBe(1);
  w.outbox.add("c1", "reply", "c");
  await w.settle();
  expect(
    w.sent.map(s => s.text),
    "what is written afterwards does not wait for them",
  ).toEqual(["a", "c"]);
});

test("outbox: what the timeline shows before its answer holds nothing up", async () => {
  const w = world();
  w.answers = [offline()];
  w.outbox.add("c1", "reply", "a");
  w.outbox.add("c1", "reply", "b");
  w.outbox.shown("c1", new Set(["k1"]), new Set());
  await w.settle();
  expect(w.sent.map(s => s.text)).toEqual(["a", "b"]);
  expect(states(w.outbox)).toEqual(["answered"]);
});

test("outbox: signing out forgets all, and nothing goes out afterwards", async () => {
  const w = world();
  w.answers = [offline()];
  w.outbox.add("c1", "reply", "a");
  w.outbox.add("c1", "reply", "b");
  await w.settle();
  w.outbox.forget();
  while (w.waits.length > 0) await w.wait();
  w.outbox.kick();
  await w.settle();
  expect(w.sent.map(s => s.text)).toEqual(["a"]);
  expect(w.outbox.list()).toEqual([]);
});

test("outbox: an ended session keeps what was written until one is back", async () => {
  const w = world();
  w.answers = [new Refusal("unauthenticated", 401)];
  w.outbox.add("c1", "reply", "a");
  await w.settle();
  expect(states(w.outbox)).toEqual(["retrying"]);
  expect(w.refusals).toEqual([]);
  w.outbox.kick();
  await w.settle();
  expect(states(w.outbox)).toEqual(["answered"]);
});

test("outbox: what the timeline shows is forgotten, by key or by id", async () => {
  const w = world();
  w.outbox.add("c1", "reply", "a");
  w.outbox.add("c1", "note", "b");
  await w.settle();
  w.outbox.shown("c1", new Set(["k1"]), new Set(["m-k2"]));
  expect(w.outbox.of("c1")).toEqual([]);
  expect(w.outbox.unanswered()).toBe(0);
});
