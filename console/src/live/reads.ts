import { api, attempt } from "../api/client";
import type { Refusal } from "../api/problems";
import { queryClient } from "../api/queries";
import { lastSeq, type Read, trimLines, unreadLines, withConversations, withLines, withRead, withWork } from "./apply";
import { store } from "./store";

// What the stream says to read again is collected for a moment, so that a burst of events is one request.
const collectFor = () => (document.hidden ? 500 : 100);
const againAfter = 2000;
const mostIDs = 100;
const mostInFlight = 2;
const pageOf = 50;
const mostOf = 200;
const rememberedLines = 20;

const wanted = { work: false, me: false, names: false, ids: new Set<string>(), lines: new Map<string, number>() };
let timer: ReturnType<typeof setTimeout> | undefined;
let inFlight = 0;
let asking = false;
let readMe: () => Promise<Refusal | null> = async () => null;
let current: string | null = null;
let opened: string[] = [];

/** setMeReader says who reads what the session knows of this person. */
export function setMeReader(read: () => Promise<Refusal | null>): void {
  readMe = read;
}

/** want notes what must be read again, and reads it soon. */
export function want(reads: Read[]): void {
  for (const read of reads) {
    if (read.what === "conversation") wanted.ids.add(read.id);
    else if (read.what === "lines") wanted.lines.set(read.id, Math.min(read.after, wanted.lines.get(read.id) ?? read.after));
    else wanted[read.what] = true;
  }
  if (reads.length > 0) soon(collectFor());
}

/** forgetWanted drops all that is still to be read. */
export function forgetWanted(): void {
  clearTimeout(timer);
  timer = undefined;
  Object.assign(wanted, { work: false, me: false, names: false });
  wanted.ids.clear();
  wanted.lines.clear();
}

function soon(after: number): void {
  timer ??= setTimeout(() => {
    timer = undefined;
    work();
  }, after);
}

function work(): void {
  while (inFlight < mostInFlight) {
    const next = take();
    if (!next) return;
    inFlight++;
    void next().finally(() => {
      inFlight--;
      work();
    });
  }
}

function take(): (() => Promise<void>) | null {
  if (wanted.work && !asking) {
    wanted.work = false;
    return () => alone(readWork);
  }
  if (wanted.me) {
    wanted.me = false;
    return async () => {
      const refusal = await readMe();
      later(refusal?.mayHaveWorked === true, [{ what: "me" }]);
    };
  }
  if (wanted.names) {
    wanted.names = false;
    return () => queryClient.invalidateQueries({ queryKey: ["directory"] });
  }
  const [lines] = wanted.lines;
  if (lines) {
    wanted.lines.delete(lines[0]);
    return () => readAfter(lines[0], lines[1]);
  }
  if (wanted.ids.size > 0 && !asking) {
    const ids = [...wanted.ids].slice(0, mostIDs);
    for (const id of ids) wanted.ids.delete(id);
    return () => alone(() => readConversations(ids));
  }
  return null;
}

/**
 * alone has one question about conversations under way at a time, so that their answers come in order: a new line or a read mark changes
 * a conversation without a new revision.
 */
async function alone(read: () => Promise<void>): Promise<void> {
  asking = true;
  await read().finally(() => {
    asking = false;
  });
}

async function readWork(): Promise<void> {
  if (!store.get().agent) return store.set({ ...store.get(), ready: true, stale: false });
  const { told: askedAt, stale } = store.get();
  const { value, refusal } = await attempt(api.GET("/v1/me/work"));
  if (refusal) return later(refusal.mayHaveWorked, [{ what: "work" }]);
  const { state, reads } = withWork(store.get(), value, askedAt);
  store.set(state);
  want(reads);
  if (stale) forgetLines();
  if (current) void readNewest(current, stale ? mostOf : pageOf);
}

/** forgetLines keeps the lines of the conversation that is open: it is read anew, the others when somebody opens them. */
function forgetLines(): void {
  const { lines, ...rest } = store.get();
  const kept = current ? lines[current] : undefined;
  store.set({ ...rest, lines: kept && current ? { [current]: kept } : {} });
}

async function readConversations(ids: string[]): Promise<void> {
  const askedAt = store.get().told;
  const { value, refusal } = await attempt(api.GET("/v1/conversations", { params: { query: { ids, limit: mostIDs } } }));
  if (value) return store.set(withConversations(store.get(), ids, value.items, askedAt));
  later(
    refusal.mayHaveWorked,
    ids.map(id => ({ what: "conversation", id })),
  );
}

/** readNewest reads the end of a conversation's timeline. */
export async function readNewest(id: string, limit = pageOf): Promise<void> {
  const askedAt = store.get().told;
  const { value, refusal } = await attempt(
    api.GET("/v1/conversations/{id}/timeline", { params: { path: { id }, query: { limit } } }),
  );
  if (value) {
    store.set(withLines(store.get(), id, value, askedAt, "newest"));
    want(unreadLines(store.get(), id));
  } else if (refusal.status === 404) store.set({ ...store.get(), gone: { ...store.get().gone, [id]: true } });
  else if (refusal.mayHaveWorked) setTimeout(() => current === id && void readNewest(id, limit), againAfter);
}

/** readBefore reads the page before the first line that we have. */
export async function readBefore(id: string): Promise<void> {
  const lines = store.get().lines[id];
  const first = lines?.items[0]?.seq;
  if (!lines?.before || first === undefined) return;
  const askedAt = store.get().told;
  const { value } = await attempt(
    api.GET("/v1/conversations/{id}/timeline", { params: { path: { id }, query: { before: first, limit: pageOf } } }),
  );
  if (value) store.set(withLines(store.get(), id, value, askedAt, "before"));
}

async function readAfter(id: string, after: number): Promise<void> {
  const askedAt = store.get().told;
  const { value, refusal } = await attempt(
    api.GET("/v1/conversations/{id}/timeline", { params: { path: { id }, query: { after, limit: mostOf } } }),
  );
  if (refusal) return later(refusal.mayHaveWorked, [{ what: "lines", id, after }]);
  if (!store.get().lines[id]) return; // dropped meanwhile: who opens it reads its end
  const joined = withLines(store.get(), id, value, askedAt, "after");
  store.set(id === current ? joined : trimLines(joined, id));
  if (value.items.length > 0) want(unreadLines(store.get(), id));
}

function later(worthIt: boolean, reads: Read[]): void {
  if (worthIt) setTimeout(() => want(reads), againAfter);
}

/** openConversation reads what somebody wants to look at, and remembers the lines of the last twenty only. */
export function openConversation(id: string): void {
  current = id;
  opened = [id, ...opened.filter(other => other !== id)];
  const tooOld = opened.slice(rememberedLines);
  opened = opened.slice(0, rememberedLines);
  if (tooOld.length > 0) {
    const lines = { ...store.get().lines };
    for (const old of tooOld) delete lines[old];
    store.set({ ...store.get(), lines });
  }
  const { conversations, lines, agent } = store.get();
  // Of conversations of others nothing is told, and what is kept of them may be old.
  if (!agent || conversations[id]?.agent_id !== agent) want([{ what: "conversation", id }]);
  const known = lines[id];
  if (!known || known.after) void readNewest(id);
  else want([{ what: "lines", id, after: lastSeq(known) }]);
}

export function leaveConversation(id: string): void {
  if (current === id) current = null;
  store.set(trimLines(store.get(), id));
}

/** markRead tells the API that this person has read a conversation so far. It returns whether it is told. */
export async function markRead(id: string, seq: number): Promise<boolean> {
  const { refusal } = await attempt(api.PUT("/v1/conversations/{id}/read", { params: { path: { id } }, body: { seq } }));
  if (!refusal) store.set(withRead(store.get(), id));
  return !refusal?.mayHaveWorked;
}
