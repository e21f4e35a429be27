import { useSyncExternalStore } from "react";
import { onAnswer } from "../api/client";

// Deadlines are absolute times of the server. Each answer says what time it is there, to the second.
let offset = 0;

onAnswer(answer => noteServerDate(answer.headers.get("Date"), Date.now()));

/** noteServerDate takes the clock's difference from a Date header. A difference below two seconds is the header's own coarseness. */
export function noteServerDate(date: string | null, here: number): void {
  const there = Date.parse(date ?? "");
  if (Number.isNaN(there)) return;
  const difference = there + 500 - here;
  offset = Math.abs(difference) < 2000 ? 0 : difference;
}

/** now is the server's time in milliseconds. */
export const now = (): number => Date.now() + offset;

const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let second = 0;

function watch(changed: () => void): () => void {
  watchers.add(changed);
  timer ??= setInterval(tick, 250);
  return () => {
    watchers.delete(changed);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  const current = Math.floor(now() / 1000);
  if (current === second) return;
  second = current;
  for (const changed of watchers) changed();
}

/** useWhen reads something that depends on the server's time. The component is drawn again when the answer changes. */
export function useWhen<T extends string | number | boolean>(read: (now: number) => T): T {
  return useSyncExternalStore(watch, () => read(now()));
}

/** useSecond draws its component again each second, and returns the server's time in milliseconds. */
export function useSecond(): number {
  return useSyncExternalStore(watch, () => Math.floor(now() / 1000)) * 1000;
}
