import { api, attempt } from "../api/client";
import { conversationsOf, workOf } from "../api/coming";
import { queryClient } from "../api/queries";
import { lastSeq, type Read, withConversations, withLines, withWork } from "./apply";
import { store } from "./store";

// What the stream says to read again is collected for a moment, so that a burst of events is one request.
const collectFor = () => (document.hidden ? 500 : 100);
const againAfter = 2000;
const mostIDs = 6; // one by one: see coming.ts
const mostInFlight = 2;
const pageOf = 50;
const mostOf = 200;
const rememberedLines = 20;

const wanted = { work: false, me: false, names: false, ids: new Set<string>(), lines: new Map<string, number>() };
let timer: ReturnType<typeof setTimeout> | undefined;
let inFlight = 0;
let readMe: () => Promise<void> = async () => {};
let current: string | null = null;
let opened: string[] = [];

/** setMeReader says who reads what the session knows of this person. */
export function setMeReader(read: () => Promise<void>): void {
  readMe = read;
}

/** want notes what must be read again, and reads it soon. */
export function want(reads: Read[]): void {
  for (const read of reads) {
    if (read.what === "conversation") wanted.ids.add(read.id);
    else if (read.what === "lines") wanted.lines.set(read.id, read.after);
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
  if (wanted.work) {
    wanted.work = false;
    return readWork;
  }
  if (wanted.me) {
    wanted.me = false;
    return readMe;
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
  if (wanted.ids.size > 0) {
    const ids = [...wanted.ids].slice(0, mostIDs);
    for (const id of ids) wanted.ids.delete(id);
    return () => readConversations(ids);
  }
  return null;
}

async function readWork(): Promise<void> {
  if (!store.get().agent) return store.set({ ...store.get(), ready: true, stale: false });
  const { told: askedAt, stale } = store.get();
  const { value, refusal } = await attempt(api.GET("/v1/me/work"));
  if (refusal) return later(refusal.mayHaveWorked, [{ what: "work" }]);
  store.set(withWork(store.get(), workOf(value), askedAt));
  if (stale) forgetLines();
  if (current) void readNewest(current, mostOf);
}

/** forgetLines keeps the lines of the conversation that is open: it is read anew, the others when somebody opens them. */
function forgetLines(): void {
  const { lines, ...rest } = store.get();
  const kept = current ? lines[current] : undefined;
  store.set({ ...rest, lines: kept && current ? { [current]: kept } : {} });
}

async function readConversations(ids: string[]): Promise<void> {
  const { found, asked, again } = await conversationsOf(ids);
  later(
    again.length > 0,
    again.map(id => ({ what: "conversation", id })),
  );
  store.set(withConversations(store.get(), asked, found));
}

/** readNewest reads the end of a conversation's timeline. */
export async function readNewest(id: string, limit = pageOf): Promise<void> {
  const askedAt = store.get().told;
  const { value, refusal } = await attempt(
    api.GET("/v1/conversations/{id}/timeline", { params: { path: { id }, query: { limit } } }),
  );
  if (value) store.set(withLines(store.get(), id, value, askedAt, "newest"));
  else if (refusal.status === 404) store.set({ ...store.get(), gone: { ...store.get().gone, [id]: true } });
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
  store.set(withLines(store.get(), id, value, askedAt, "after"));
  const lines = store.get().lines[id];
  if (lines?.after && value.items.length > 0) want([{ what: "lines", id, after: lastSeq(lines) }]);
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
  if (!store.get().conversations[id]) want([{ what: "conversation", id }]);
  if (!store.get().lines[id]) void readNewest(id);
}

export function leaveConversation(id: string): void {
  if (current === id) current = null;
}
