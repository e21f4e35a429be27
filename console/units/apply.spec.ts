import { expect, test } from "@playwright/test";
import type { Conversation, DeskEvent, Entry } from "../src/api/model";
import {
  apply,
  maxLines,
  trimLines,
  unreadLines,
  withConversation,
  withConversations,
  withLines,
  withWork,
} from "../src/live/apply";
import { empty, type State } from "../src/live/state";

const me = "agent-1";
const start: State = { ...empty, agent: me };

function conversation(revision: number, more: Partial<Conversation> = {}): Conversation {
  return {
    id: "c1",
    revision,
    state: "active",
    holder: "agent",
    agent_id: me,
    queue_id: null,
    offer: null,
    due: [],
    unread: 0,
    ...more,
  } as Conversation;
}

function line(seq: number, more: Partial<Entry> = {}): Entry {
  return {
    seq,
    at: "2026-11-30T02:00:00Z",
    kind: "message",
    author: { kind: "agent", id: me, name: "" },
    message: {
      id: `m${seq}`,
      author: "agent",
      agent_id: me,
      kind: "text",
      text: "",
      fields: {},
      created_at: "",
      delivery: { status: "queued", reason: "" },
      key: null,
    },
    ...more,
  } as Entry;
}

const told = (revision: number, state: Conversation["state"] = "active"): DeskEvent => ({
  name: "conversation",
  data: { conversation_id: "c1", revision, state, holder: "agent", agent_id: me, offer: null },
});

/** A small random number generator, so that a failure can be played again by its seed. */
function random(seed: number): () => number {
  let s = seed;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

function shuffled<T>(all: T[], next: () => number): T[] {
  const out = [...all];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

test("apply: any order of events and answers ends in the newest revision", () => {
  const revisions = [1, 2, 3, 4, 5, 6, 7, 8];
  const states: Conversation["state"][] = ["open", "active", "waiting", "active", "wrap_up", "active", "waiting", "wrap_up"];
  for (let seed = 1; seed <= 200; seed++) {
    const next = random(seed);
    let state = withConversation(start, conversation(1, { state: "open" }));
    const steps = shuffled(
      revisions.flatMap(r => [
        (s: State) => apply(s, told(r, states[r - 1]!)).state,
        (s: State) => withConversation(s, conversation(r, { state: states[r - 1]! })),
      ]),
      next,
    );
    for (const step of steps) state = step(state);
    expect(state.conversations.c1?.revision, `seed ${seed}`).toBe(8);
    expect(state.conversations.c1?.state, `seed ${seed}`).toBe("wrap_up");
  }
});

test("apply: an old revision changes nothing and asks for nothing", () => {
  const state = withConversation(start, conversation(5));
  const { state: after, reads } = apply(state, told(5, "closed"));
  expect(after.conversations).toBe(state.conversations);
  expect(reads).toEqual([]);
});

test("apply: a new revision shows at once what the event says, and is read again", () => {
  const { state, reads } = apply(withConversation(start, conversation(5)), told(6, "wrap_up"));
  expect(state.conversations.c1?.state).toBe("wrap_up");
  expect(reads).toEqual([{ what: "conversation", id: "c1" }]);
});

test("apply: an offer is a card before its facts are here, and ends once", () => {
  const offer: DeskEvent = {
    name: "offer",
    data: { conversation_id: "c9", assignment_id: "a1", deadline: "2026-11-30T02:00:30Z" },
  };
  let { state } = apply(start, offer);
  expect(state.offers.c9).toEqual({ assignment_id: "a1", deadline: "2026-11-30T02:00:30Z", told: 1 });
  state = apply(state, {
    name: "offer-over",
    data: { conversation_id: "c9", assignment_id: "older", outcome: "withdrawn" },
  }).state;
  expect(state.offers.c9, "another offer's end is not this one's").toBeDefined();
  state = apply(state, { name: "offer-over", data: { conversation_id: "c9", assignment_id: "a1", outcome: "missed" } }).state;
  expect(state.offers).toEqual({});
});

test("apply: what has left is no work, is gone where it may not be seen, and comes back", () => {
  let { state, reads } = apply(withConversation(start, conversation(5)), { name: "left", data: { conversation_id: "c1" } });
  expect(state.conversations.c1).toBeUndefined();
  expect(reads, "who had it may see it still").toEqual([{ what: "conversation", id: "c1" }]);
  state = withConversations(state, ["c1"], []);
  expect(state.gone.c1).toBe(true);
  state = withConversation(state, conversation(6));
  expect(state.gone.c1).toBeUndefined();
});

test("apply: ids that an answer leaves out are no longer ours", () => {
  const state = withConversations(withConversation(start, conversation(5)), ["c1"], []);
  expect(state.conversations.c1).toBeUndefined();
  expect(state.gone.c1).toBe(true);
});

test("apply: a new line is read from where we are, an old one is not", () => {
  const state = withLines(start, "c1", { items: [line(1), line(2)], before: false, after: false }, 0, "newest");
  expect(
    apply(state, { name: "message", data: { conversation_id: "c1", message_id: "m3", seq: 3, author: "customer" } }).reads,
  ).toEqual([
    { what: "conversation", id: "c1" },
    { what: "lines", id: "c1", after: 2 },
  ]);
  expect(
    apply(state, { name: "message", data: { conversation_id: "c1", message_id: "m2", seq: 2, author: "customer" } }).reads,
  ).toEqual([{ what: "conversation", id: "c1" }]);
});

test("apply: a delivery is not undone by a page that was asked for before", () => {
  let state = withLines(start, "c1", { items: [line(1)], before: false, after: false }, 0, "newest");
  const askedAt = state.told;
  state = apply(state, { name: "delivery", data: { conversation_id: "c1", message_id: "m1", status: "sent", reason: "" } }).state;
  state = withLines(state, "c1", { items: [line(1)], before: false, after: false }, askedAt, "newest");
  expect(state.lines.c1?.items[0]?.message?.delivery?.status).toBe("sent");
  const resent = line(1);
  resent.message!.delivery = { status: "sending", reason: "" };
  state = withLines(state, "c1", { items: [resent], before: false, after: false }, state.told, "newest");
  expect(state.lines.c1?.items[0]?.message?.delivery?.status, "a page asked for afterwards counts").toBe("sending");
});

test("lines: pages in any order are one stretch without doubles", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const next = random(seed);
    const all = Array.from({ length: 120 }, (_, i) => line(i + 1));
    let state = withLines(start, "c1", { items: all.slice(-50), before: true, after: false }, 0, "newest");
    const pages = shuffled([all.slice(40, 70), all.slice(60, 90), all.slice(100)], next);
    for (const items of pages)
      state = withLines(state, "c1", { items, before: true, after: false }, 0, next() < 0.5 ? "before" : "after");
    const seqs = state.lines.c1!.items.map(entry => entry.seq);
    expect(seqs, `seed ${seed}`).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    expect(seqs.at(-1)).toBe(120);
  }
});

test("lines: a newest page that touches nothing takes the place of what was known", () => {
  let state = withLines(start, "c1", { items: [line(1), line(2)], before: false, after: false }, 0, "newest");
  state = withLines(state, "c1", { items: [line(90), line(91)], before: true, after: false }, 0, "newest");
  expect(state.lines.c1?.items.map(entry => entry.seq)).toEqual([90, 91]);
  expect(state.lines.c1?.before).toBe(true);
});

test("lines: no more than so many are kept", () => {
  let state = start;
  for (let from = 1; from < 3000; from += 200) {
    const items = Array.from({ length: 200 }, (_, i) => line(from + i));
    state = trimLines(withLines(state, "c1", { items, before: from > 1, after: false }, 0, "after"), "c1");
  }
  expect(state.lines.c1?.items.length).toBe(maxLines);
  expect(state.lines.c1?.before, "older ones can be read again").toBe(true);
});

test("work: what it does not name is asked for, not dropped", () => {
  const nothing = { offers: [], mine: [], open: [], more: { offers: false, mine: false, open: false } };
  const before = withConversation(start, conversation(5));
  const { state, reads } = withWork(before, nothing, before.told);
  expect(reads, "it may have been told after the question, or be more than is listed").toEqual([
    { what: "conversation", id: "c1" },
  ]);
  expect(withConversations(state, ["c1"], []).conversations, "and the answer to that counts").toEqual({});
  const closed = withConversation(start, conversation(5, { state: "closed" }));
  expect(withWork(closed, nothing, closed.told).reads, "what is over is no work").toEqual([]);
});

const offered = (conversation: string): DeskEvent => ({
  name: "offer",
  data: { conversation_id: conversation, assignment_id: "a1", deadline: "2026-11-30T02:00:30Z" },
});

test("offers: no answer to an earlier question takes a card away", () => {
  const askedAt = start.told;
  const { state } = apply(start, offered("c1"));
  const nothing = { offers: [], mine: [], open: [], more: { offers: false, mine: false, open: false } };
  expect(withWork(state, nothing, askedAt).state.offers.c1).toBeDefined();
  expect(withConversations(state, ["c1"], [], askedAt).offers.c1).toBeDefined();
  expect(withConversation(state, conversation(1, { state: "open" }), askedAt).offers.c1).toBeDefined();
  expect(withWork(state, nothing, state.told).state.offers.c1, "a later one does").toBeUndefined();
  expect(withConversations(state, ["c1"], [], state.told).offers.c1).toBeUndefined();
  expect(withConversation(state, conversation(1), state.told).offers.c1).toBeUndefined();
});

test("lines: a page that was under way when a line was told is not the end", () => {
  const said = apply(start, { name: "message", data: { conversation_id: "c1", message_id: "m3", seq: 3, author: "customer" } });
  const page = { items: [line(1), line(2)], before: false, after: false };
  const state = withLines(said.state, "c1", page, start.told, "newest");
  expect(unreadLines(state, "c1")).toEqual([{ what: "lines", id: "c1", after: 2 }]);
  const whole = withLines(state, "c1", { items: [line(3)], before: true, after: false }, state.told, "after");
  expect(unreadLines(whole, "c1")).toEqual([]);
});

test("lines: a delivery that was told before the page came is not lost", () => {
  const sent: DeskEvent = { name: "delivery", data: { conversation_id: "c1", message_id: "m1", status: "sent", reason: "" } };
  const { state } = apply(start, sent);
  const shown = withLines(state, "c1", { items: [line(1)], before: false, after: false }, start.told, "newest");
  expect(shown.lines.c1?.items[0]?.message?.delivery?.status).toBe("sent");
});

test("lines: a number that is missing in the middle is read", () => {
  const state = withLines(start, "c1", { items: [line(4), line(7)], before: true, after: false }, 0, "newest");
  const noted = (seq: number) => apply(state, { name: "note", data: { conversation_id: "c1", seq } }).reads;
  expect(noted(6)).toContainEqual({ what: "lines", id: "c1", after: 5 });
  expect(noted(2), "what is older is read by who scrolls there").toEqual([{ what: "conversation", id: "c1" }]);
});

test("lines: who reads far up keeps the end, and leaving drops what is old", () => {
  let state = withLines(start, "c1", { items: [line(2500)], before: true, after: false }, 0, "newest");
  for (let from = 2300; from > 0; from -= 200) {
    const items = Array.from({ length: 200 }, (_, i) => line(from + i));
    state = withLines(state, "c1", { items, before: from > 200, after: true }, 0, "before");
  }
  expect(state.lines.c1?.items.at(-1)?.seq).toBe(2500);
  expect(unreadLines(state, "c1"), "the end is there").toEqual([]);
  const left = trimLines(state, "c1").lines.c1!;
  expect([left.items.length, left.items.at(-1)?.seq, left.before]).toEqual([maxLines, 2500, true]);
});

test("reset: everything stays shown, is stale, and is read again", () => {
  const { state, reads } = apply(withConversation(start, conversation(5)), { name: "reset", data: {} });
  expect(state.stale).toBe(true);
  expect(state.conversations.c1).toBeDefined();
  expect(reads.map(read => read.what)).toEqual(["work", "me", "names"]);
});
