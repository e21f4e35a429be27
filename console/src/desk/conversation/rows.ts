import type { Entry } from "../../api/model";
import { sameDay } from "../../ui/time";
import type { Pending } from "../composer/outbox";
import { isEvent } from "./event";

/**
 * Row is a line of the transcript. What stands above a line (its day, "new since you looked") belongs to it: rows of their own would
 * change places when older lines are put before, and what one reads would jump.
 */
export interface Row {
  key: string;
  /** The day that begins with this line, at its first moment here. */
  day: number | null;
  isNew: boolean;
  /** Whether somebody else wrote before, or long ago. */
  first: boolean;
  line: { entry: Entry } | { pending: Pending };
}

const oneRun = 5 * 60_000;

/**
 * rowsOf makes rows of what was said and of what is still being sent. A line keeps its key from the moment it is written until it is old,
 * so that nothing flickers when the API's answer takes its place.
 */
export function rowsOf(items: Entry[], pendings: Pending[], newAfter: number | null): Row[] {
  const rows: Row[] = [];
  let before: { who: string; at: number } | null = null;
  let isMarked = newAfter === null;
  for (const entry of items) {
    const at = Date.parse(entry.at);
    const who = whoOf(entry);
    const isNew = !isMarked && entry.seq > (newAfter ?? 0);
    isMarked ||= isNew;
    const day = !before || !sameDay(before.at, at) ? at : null;
    const first = isNew || day !== null || before?.who !== who || at - (before?.at ?? 0) > oneRun;
    rows.push({ key: keyOf(entry), day, isNew, first, line: { entry } });
    before = { who, at };
  }
  const shown = shownIn(items);
  for (const pending of pendings) {
    if (shown.keys.has(pending.key) || (pending.message !== "" && shown.messages.has(pending.message))) continue;
    const who = `own-${pending.kind}`;
    const day = !before || !sameDay(before.at, pending.at) ? pending.at : null;
    rows.push({ key: pending.key, day, isNew: false, first: before?.who !== who, line: { pending } });
    before = { who, at: pending.at };
  }
  return rows;
}

/** shownIn are the keys and ids by which a pending line is recognised in the timeline. */
export function shownIn(items: Entry[]): { keys: Set<string>; messages: Set<string> } {
  const keys = new Set<string>();
  const messages = new Set<string>();
  for (const entry of items) {
    const one = entry.message ?? entry.note;
    if (!one) continue;
    messages.add(one.id);
    if (one.key) keys.add(one.key);
  }
  return { keys, messages };
}

function keyOf(entry: Entry): string {
  return entry.message?.key || entry.note?.key || `seq-${entry.seq}`;
}

function whoOf(entry: Entry): string {
  return `${isEvent(entry) ? "event" : entry.kind}-${entry.author.kind}-${entry.author.id ?? ""}`;
}

/** lastSeenSeq is the number of the last line before the customer's first unread one; null where nothing is new. */
export function lastSeenSeq(items: Entry[], unread: number): number | null {
  if (unread <= 0) return null;
  const others = items.filter(entry => entry.kind === "message" && entry.author.kind === "customer");
  const first = others.at(-Math.min(unread, others.length));
  return first ? first.seq - 1 : null;
}
