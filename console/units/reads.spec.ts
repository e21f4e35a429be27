import { expect, test } from "@playwright/test";
import type { Conversation } from "../src/api/model";

// What the page has and Node has not: addresses are relative to it, and it is in sight.
const here = "http://desk.example";
const RequestOfNode = globalThis.Request;
Object.assign(globalThis, {
  document: { hidden: false },
  Request: class extends RequestOfNode {
    constructor(url: string, init?: RequestInit) {
      super(new URL(url, here), init);
    }
  },
});

interface Question {
  path: string;
  ids: string[];
  answer(body: unknown, status?: number): void;
}

/** asked are the requests that have no answer yet, in order. */
const asked: Question[] = [];
globalThis.fetch = (input: RequestInfo | URL) =>
  new Promise(resolve => {
    const url = new URL((input as Request).url);
    const answer = (body: unknown, status = 200) => {
      asked.splice(asked.indexOf(question), 1);
      resolve(new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } }));
    };
    const question: Question = { path: url.pathname, ids: (url.searchParams.get("ids") ?? "").split(","), answer };
    asked.push(question);
  });

const { want, openConversation, setMeReader, forgetWanted } = await import("../src/live/reads");
const { store } = await import("../src/live/store");
const { empty } = await import("../src/live/state");
const { Refusal } = await import("../src/api/problems");

const conversation = (id: string, unread: number) =>
  ({ id, revision: 1, state: "active", agent_id: "a", offer: null, unread }) as Conversation;
const question = (path: RegExp) => expect.poll(() => asked.filter(one => path.test(one.path)).length).toBe(1);
const only = (path: RegExp) => asked.find(one => path.test(one.path))!;

test.beforeEach(() => {
  forgetWanted();
  asked.length = 0;
  store.set({ ...empty, agent: "a" });
});

test("reads: a burst of events is one question, and answers come in the order of questions", async () => {
  for (let n = 0; n < 150; n++) want([{ what: "conversation", id: `c${n}` }]);
  await question(/conversations$/);
  expect(only(/conversations$/).ids).toHaveLength(100);
  want([{ what: "conversation", id: "c0" }]); // a new line, and no new revision
  expect(asked, "the next one waits: its answer must not come first").toHaveLength(1);
  only(/conversations$/).answer({ items: [conversation("c0", 0)], next: null });
  await question(/conversations$/);
  expect(only(/conversations$/).ids).toHaveLength(51);
  only(/conversations$/).answer({ items: [conversation("c0", 1)], next: null });
  await expect.poll(() => store.get().conversations.c0?.unread).toBe(1);
});

test("reads: a page that is older than what was told is read on", async () => {
  openConversation("c1");
  await question(/timeline$/);
  const entry = (seq: number) => ({ seq, kind: "note", note: { id: `n${seq}`, text: "", key: null } });
  store.set({ ...store.get(), newest: { c1: 3 } });
  only(/timeline$/).answer({ items: [entry(1), entry(2)], before: false, after: false });
  await expect.poll(() => store.get().lines.c1?.items.length).toBe(2);
  await question(/timeline$/);
  only(/timeline$/).answer({ items: [entry(3)], before: true, after: false });
  await expect.poll(() => store.get().lines.c1?.items.map(line => line.seq)).toEqual([1, 2, 3]);
});

test("reads: what the session knows is asked for again where nothing answered", async () => {
  let asks = 0;
  setMeReader(async () => (++asks === 1 ? new Refusal("offline", 0) : null));
  want([{ what: "me" }]);
  await expect.poll(() => asks).toBe(2);
});
