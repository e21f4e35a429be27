import type { Conversation, DeskEvent, Entry, Timeline, Work } from "../api/model";
import type { Lines, State } from "./state";

/** Read is something that must be read again. */
export type Read =
  | { what: "conversation"; id: string }
  | { what: "lines"; id: string; after: number }
  | { what: "work" }
  | { what: "me" }
  | { what: "names" };

export interface Change {
  state: State;
  reads: Read[];
}

/** maxLines are kept of a conversation that is not open. */
export const maxLines = 2000;

/** apply says what an event changes, and what to read because of it. It may see events twice and answers late: the higher revision counts. */
export function apply(before: State, event: DeskEvent): Change {
  const state: State = { ...before, told: before.told + 1 };
  switch (event.name) {
    case "conversation":
      return conversation(state, event.data);
    case "left":
      return left(state, event.data.conversation_id);
    case "message":
    case "note":
    case "step":
      return line(state, event.data.conversation_id, event.data.seq);
    case "delivery":
      return delivery(state, event.data);
    case "read":
      return { state, reads: [{ what: "conversation", id: event.data.conversation_id }] };
    case "offer": {
      const { conversation_id: id, assignment_id, deadline } = event.data;
      const offers = { ...state.offers, [id]: { assignment_id, deadline, told: state.told } };
      return { state: { ...state, offers, gone: without(state.gone, id) }, reads: [{ what: "conversation", id }] };
    }
    case "offer-over": {
      const id = event.data.conversation_id;
      const known = state.offers[id];
      if (known && event.data.assignment_id !== known.assignment_id) return { state, reads: [] };
      return { state: { ...state, offers: without(state.offers, id) }, reads: [{ what: "conversation", id }] };
    }
    case "presence":
      return presence(state, event.data);
    case "settings":
      return { state, reads: [{ what: "names" }] };
    case "reset":
      return { state: { ...state, stale: true }, reads: [{ what: "work" }, { what: "me" }, { what: "names" }] };
  }
}

function conversation(state: State, told: Extract<DeskEvent, { name: "conversation" }>["data"]): Change {
  const id = told.conversation_id;
  const known = state.conversations[id];
  if (known && told.revision <= known.revision) return { state, reads: [] };
  const reads: Read[] = [{ what: "conversation", id }];
  if (!known) return { state, reads };
  const changed: Conversation = {
    ...known,
    revision: told.revision,
    state: told.state,
    holder: told.holder,
    // The event names a queue only where its members are told, and no offer where there is none.
    queue_id: told.queue_id ?? known.queue_id,
    agent_id: told.agent_id ?? (told.holder === "agent" ? known.agent_id : null),
    offer: told.offer ?? null,
  };
  return { state: withConversation(state, changed), reads };
}

/** left: it is no longer among my work. Whether I may still see it, because I had it, the API says. */
function left(state: State, id: string): Change {
  const { conversations, offers } = state;
  return {
    state: { ...state, conversations: without(conversations, id), offers: without(offers, id) },
    reads: [{ what: "conversation", id }],
  };
}

function gone(state: State, id: string): State {
  return { ...left(state, id).state, gone: { ...state.gone, [id]: true } };
}

function line(before: State, id: string, seq: number): Change {
  const state = { ...before, newest: { ...before.newest, [id]: Math.max(seq, before.newest[id] ?? 0) } };
  const reads: Read[] = [{ what: "conversation", id }];
  const lines = state.lines[id];
  if (lines && isMissing(lines, seq)) reads.push({ what: "lines", id, after: Math.min(seq - 1, lastSeq(lines)) });
  return { state, reads };
}

/** isMissing tells whether a number stands behind the first line of the stretch and is not in it. */
function isMissing(lines: Lines, seq: number): boolean {
  return seq > (lines.items[0]?.seq ?? 0) && !lines.items.some(entry => entry.seq === seq);
}

/** unreadLines is what is still to be read behind a stretch: a page can be older than the events that came while it was under way. */
export function unreadLines(state: State, id: string): Read[] {
  const lines = state.lines[id];
  if (!lines || (!lines.after && (state.newest[id] ?? 0) <= lastSeq(lines))) return [];
  return [{ what: "lines", id, after: lastSeq(lines) }];
}

/** So many deliveries are remembered, and half of them after that. Only pages that are under way need them. */
const mostDeliveries = 400;

function delivery(state: State, told: Extract<DeskEvent, { name: "delivery" }>["data"]): Change {
  const { conversation_id: id, message_id: message, status } = told;
  const outcome = { status, reason: told.reason ?? "" };
  const known = Object.entries(state.deliveries);
  const kept = known.length < mostDeliveries ? state.deliveries : Object.fromEntries(known.slice(-mostDeliveries / 2));
  const deliveries = { ...kept, [message]: { ...outcome, told: state.told } };
  const reads: Read[] = [{ what: "conversation", id }];
  const lines = state.lines[id];
  if (!lines) return { state: { ...state, deliveries }, reads };
  const items = lines.items.map(entry =>
    entry.message?.id === message ? { ...entry, message: { ...entry.message, delivery: outcome } } : entry,
  );
  return { state: { ...state, deliveries, lines: { ...state.lines, [id]: { ...lines, items } } }, reads };
}

function presence(state: State, told: Extract<DeskEvent, { name: "presence" }>["data"]): Change {
  if ((told.agent_id ?? state.agent) !== state.agent) return { state, reads: [] };
  const custom = told.custom_presence ?? null;
  return { state: { ...state, presence: { presence: told.presence, manual: told.manual, custom } }, reads: [{ what: "me" }] };
}

/**
 * withConversation takes over a conversation as an answer showed it. An older revision changes nothing, and an offer that was told after
 * the question stays.
 */
export function withConversation(state: State, shown: Conversation, askedAt = Number.POSITIVE_INFINITY): State {
  const known = state.conversations[shown.id];
  if (known && shown.revision < known.revision) return state;
  return {
    ...state,
    conversations: { ...state.conversations, [shown.id]: shown },
    offers: offersWith(state, shown, askedAt),
    gone: without(state.gone, shown.id),
  };
}

function offersWith(state: State, shown: Conversation, askedAt: number): State["offers"] {
  const known = state.offers[shown.id];
  if (known && known.told > askedAt) return state.offers;
  if (shown.offer?.agent_id !== state.agent) return without(state.offers, shown.id);
  const { assignment_id, deadline } = shown.offer!;
  if (known?.assignment_id === assignment_id && known.deadline === deadline) return state.offers;
  return { ...state.offers, [shown.id]: { assignment_id, deadline, told: state.told } };
}

/** withConversations takes over an answer about ids. Those that it leaves out are not ours to see, unless they were offered meanwhile. */
export function withConversations(
  state: State,
  asked: string[],
  shown: Conversation[],
  askedAt = Number.POSITIVE_INFINITY,
): State {
  const found = new Set(shown.map(c => c.id));
  const after = shown.reduce((s, c) => withConversation(s, c, askedAt), state);
  const isLost = (id: string) => !found.has(id) && (after.offers[id]?.told ?? 0) <= askedAt;
  return asked.filter(isLost).reduce(gone, after);
}

/**
 * withWork takes over my work as a whole. What it does not name has changed hands, or came after the question, or is more than is listed:
 * each of those is asked for by itself.
 */
export function withWork(state: State, work: Work, askedAt: number): Change {
  const all = [...work.offers, ...work.mine, ...work.open];
  const named = new Set(all.map(c => c.id));
  const next = all.reduce((s, c) => withConversation(s, c, askedAt), state);
  const isOver = (id: string) => !named.has(id) && !work.more.offers && next.offers[id]!.told <= askedAt;
  const offers = Object.fromEntries(Object.entries(next.offers).filter(([id]) => !isOver(id)));
  const unnamed = Object.values(next.conversations).filter(c => !named.has(c.id) && isWork(c, state.agent));
  return {
    state: { ...next, offers, ready: true, stale: false, more: work.more },
    reads: unnamed.map(c => ({ what: "conversation", id: c.id })),
  };
}

/** withLines joins a page to what was read before. A newest page that touches nothing we have takes its place. */
export function withLines(state: State, id: string, page: Timeline, askedAt: number, side: "newest" | "before" | "after"): State {
  const known = state.lines[id] ?? { items: [], before: false, after: false };
  const items = page.items.map(entry => keepTold(entry, state.deliveries, askedAt));
  const first = items[0]?.seq ?? 0;
  const apart = side === "newest" && known.items.length > 0 && page.before && first > lastSeq(known);
  const joined = apart ? items : merge(known.items, items);
  const isFirst = items.length > 0 && first === joined[0]?.seq;
  const lines: Lines = {
    items: joined,
    before: apart || known.items.length === 0 || isFirst || side === "before" ? page.before : known.before,
    after: side === "before" ? known.after : page.after,
  };
  return { ...state, lines: { ...state.lines, [id]: lines } };
}

/** trimLines drops the older lines of a conversation that nobody looks at. They are read again when somebody scrolls there. */
export function trimLines(state: State, id: string): State {
  const lines = state.lines[id];
  if (!lines || lines.items.length <= maxLines) return state;
  return { ...state, lines: { ...state.lines, [id]: { ...lines, items: lines.items.slice(-maxLines), before: true } } };
}

/** withRead takes over that this person has read a conversation to its newest line. */
export function withRead(state: State, id: string): State {
  const known = state.conversations[id];
  if (!known || known.unread === 0) return state;
  return { ...state, conversations: { ...state.conversations, [id]: { ...known, unread: 0 } } };
}

/** keepTold: a page that was asked for before a delivery was told does not undo it. */
function keepTold(entry: Entry, deliveries: State["deliveries"], askedAt: number): Entry {
  const told = entry.message && deliveries[entry.message.id];
  if (!told || !entry.message || told.told <= askedAt) return entry;
  return { ...entry, message: { ...entry.message, delivery: { status: told.status, reason: told.reason } } };
}

function merge(known: Entry[], page: Entry[]): Entry[] {
  const bySeq = new Map(known.map(entry => [entry.seq, entry]));
  for (const entry of page) bySeq.set(entry.seq, entry);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** isWork tells whether a conversation is in one of the three lists of my work. */
export function isWork(c: Conversation, agent: string | null): boolean {
  if (c.state === "closed") return false;
  return c.agent_id === agent || c.offer?.agent_id === agent || c.holder === "queue";
}

export function lastSeq(lines: Lines): number {
  return lines.items.at(-1)?.seq ?? 0;
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  if (!(key in record)) return record;
  const { [key]: _, ...rest } = record;
  return rest;
}
