import { createParser } from "eventsource-parser";
import type { DeskEvent } from "../api/model";
import { now } from "./clock";

/** Link is how the line to the server is: since when nothing has come where it is broken. */
export interface Link {
  state: "connecting" | "open" | "broken";
  heard: number;
}

export interface StreamHooks {
  /** opened comes before the first event; resumed where the server goes on after the last cursor. */
  opened(resumed: boolean): void;
  event(event: DeskEvent, cursor: string): void;
  cursor(cursor: string): void;
  link(link: Link): void;
  signedOut(): void;
}

const silentFor = 45_000; // the server says something every 15 s
const answersWithin = 20_000;
const firstWait = 500;
const longestWait = 15_000;

/** In the first half minute of a break a desk asks more often, so that it is back soon after a server that was started again. */
const quickFor = 30_000;
const quickWait = 2000;

/** pauseAfter is how long to wait before the next try: at random, so that many desks do not come at once. */
export function pauseAfter(failures: number, brokenFor: number, dice = Math.random()): number {
  const longest = brokenFor < quickFor ? quickWait : longestWait;
  return 100 + dice * Math.min(longest, firstWait * 2 ** failures);
}

/** follow keeps an event stream open until the returned function is called. */
export function follow(path: string, from: string, hooks: StreamHooks): () => void {
  const stopped = new AbortController();
  let cursor = from;
  let heard = now();
  let failures = 0;
  let attempt = new AbortController();
  let wake: () => void = () => {};

  const hurry = () => {
    wake();
    if (now() - heard > silentFor) attempt.abort();
  };
  const inSight = () => document.hidden || hurry();
  const cutOff = () => attempt.abort();
  addEventListener("online", hurry);
  addEventListener("pageshow", hurry);
  document.addEventListener("visibilitychange", inSight);
  addEventListener("offline", cutOff);
  stopped.signal.addEventListener("abort", () => {
    removeEventListener("online", hurry);
    removeEventListener("pageshow", hurry);
    document.removeEventListener("visibilitychange", inSight);
    removeEventListener("offline", cutOff);
    attempt.abort();
    wake();
  });

  void (async () => {
    while (!stopped.signal.aborted) {
      attempt = new AbortController();
      const pause = await listen().catch(() => null);
      if (stopped.signal.aborted) return;
      failures++;
      hooks.link({ state: "broken", heard });
      await sleep(pause ?? pauseAfter(failures, now() - heard));
    }
  })();

  async function listen(): Promise<number | null> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (cursor) headers["Last-Event-ID"] = cursor;
    const tooLong = setTimeout(() => attempt.abort(), answersWithin);
    const answer = await fetch(path, { headers, signal: attempt.signal, cache: "no-store" }).finally(() => clearTimeout(tooLong));
    if (answer.status === 401) {
      hooks.signedOut();
      stopped.abort();
      return null;
    }
    if (!answer.ok || !answer.body) return Number(answer.headers.get("Retry-After") ?? 0) * 1000 || null;
    await readAll(answer.body, cursor !== "");
    return null;
  }

  async function readAll(body: ReadableStream<Uint8Array>, resumed: boolean): Promise<void> {
    const parser = createParser({
      onEvent(message) {
        const event = eventOf(message.event, message.data);
        if (event) hooks.event(event, message.id ?? cursor);
      },
    });
    const ids = cursorLines(id => {
      cursor = id;
      hooks.cursor(id);
    });
    const decoder = new TextDecoder();
    const reader = body.getReader();
    const watchdog = setInterval(() => now() - heard > silentFor && attempt.abort(), 5000);
    heard = now();
    failures = 0;
    hooks.opened(resumed);
    hooks.link({ state: "open", heard });
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        heard = now();
        const text = decoder.decode(value, { stream: true });
        parser.feed(text);
        ids(text);
      }
    } finally {
      clearInterval(watchdog);
    }
  }

  function sleep(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return () => stopped.abort();
}

/**
 * cursorLines finds "id:" lines, also those that come without an event. A cursor counts at the blank line behind it: an event that was
 * cut off in the middle is asked for again.
 */
export function cursorLines(found: (id: string) => void): (text: string) => void {
  let rest = "";
  let id = "";
  return text => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("id:")) id = line.slice(3).trim();
      if (line.trim() !== "" || id === "") continue;
      found(id);
      id = "";
    }
  };
}

const names = new Set([
  "conversation",
  "left",
  "message",
  "delivery",
  "note",
  "step",
  "read",
  "offer",
  "offer-over",
  "presence",
  "settings",
  "reset",
]);

/** eventOf reads a line of the stream; null for events that do not concern a desk. */
export function eventOf(name: string | undefined, data: string): DeskEvent | null {
  if (!name || !names.has(name)) return null;
  try {
    return { name, data: data ? JSON.parse(data) : {} } as DeskEvent;
  } catch {
    return null;
  }
}
