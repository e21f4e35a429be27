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

/** maxLines are kept of one conversation; older ones are dropped and read again when somebody scrolls there. */
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
      const offers = { ...state.offers, [id]: { assignment_id, deadline } };
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
    // A member that is missing is null: nobody has it, or it is offered to nobody.
    queue_id: told.queue_id ?? known.queue_id,
    agent_id: told.agent_id ?? (told.holder === "agent" ? known.agent_id : null),
    offer: told.offer ?? null,
  };
  return { state: withConversation(state, changed), reads };
}

function left(state: State, id: string): Change {
  return {
    state: {
      ...state,
      conversations: without(state.conversations, id),
      offers: without(state.offers, id),
      gone: { ...state.gone, [id]: true },
    },
    reads: [],
  };
}

function line(state: State, id: string, seq: number): Change {
  const reads: Read[] = [{ what: "conversation", id }];
  const lines = state.lines[id];
  if (lines && seq > lastSeq(lines)) {
    // The stretch now has more behind it, also where the newest lines had been read.
    reads.push({ what: "lines", id, after: lastSeq(lines) });
    return { state: { ...state, lines: { ...state.lines, [id]: { ...lines, after: true } } }, reads };
  }
  return { state, reads };
}

function delivery(state: State, told: Extract<DeskEvent, { name: "delivery" }>["data"]): Change {
  const lines = state.lines[told.conversation_id];
  const reads: Read[] = [{ what: "conversation", id: told.conversation_id }];
  if (!lines) return { state, reads };
  const deliveries = {
    ...lines.deliveries,
    [told.message_id]: { status: told.status, reason: told.reason ?? "", told: state.told },
  };
  const items = lines.items.map(entry =>
    entry.message?.id === told.message_id
      ? { ...entry, message: { ...entry.message, delivery: { status: told.status, reason: told.reason ?? "" } } }
      : entry,
  );
  return { state: { ...state, lines: { ...state.lines, [told.conversation_id]: { ...lines, items, deliveries } } }, reads };
}

function presence(state: State, told: Extract<DeskEvent, { name: "presence" }>["data"]): Change {
  if ((told.agent_id ?? state.agent) !== state.agent) return { state, reads: [] };
  const custom = told.custom_presence ?? null;
  return { state: { ...state, presence: { presence: told.presence, manual: told.manual, custom } }, reads: [{ what: "me" }] };
}

/** withConversation takes over a conversation as an answer showed it. An older revision changes nothing. */
export function withConversation(state: State, shown: Conversation): State {
  const known = state.conversations[shown.id];
  if (known && shown.revision < known.revision) return state;
  const offered = shown.offer && shown.offer.agent_id === state.agent ? shown.offer : null;
  const offers = offered
    ? { ...state.offers, [shown.id]: { assignment_id: offered.assignment_id, deadline: offered.deadline } }
    : without(state.offers, shown.id);
  return {
    ...state,
    conversations: { ...state.conversations, [shown.id]: shown },
    offers,
    gone: without(state.gone, shown.id),
  };
}

/** withConversations takes over an answer about ids; those that it leaves out are not ours to see. */
export function withConversations(state: State, asked: string[], shown: Conversation[]): State {
  const found = new Set(shown.map(c => c.id));
  const after = shown.reduce(withConversation, state);
  return asked.filter(id => !found.has(id)).reduce((s, id) => left(s, id).state, after);
}

/** withWork takes over my work as a whole: what it no longer names is forgotten, unless it was told after the question was asked. */
export function withWork(state: State, work: Work, askedAt: number): State {
  const all = [...work.offers, ...work.mine, ...work.open];
  const named = new Set(all.map(c => c.id));
  const partial = work.more.offers || work.more.mine || work.more.open;
  let next = state;
  if (!partial && askedAt === state.told) {
    const kept = Object.entries(state.conversations).filter(([id, c]) => named.has(id) || !isWork(c, state.agent));
    const offers = Object.entries(state.offers).filter(([id]) => named.has(id));
    next = { ...state, conversations: Object.fromEntries(kept), offers: Object.fromEntries(offers) };
  }
  return { ...all.reduce(withConversation, next), ready: true, stale: false, more: partial };
}

/** withLines joins a page to what was read before. A page that touches nothing we have takes its place. */
export function withLines(state: State, id: string, page: Timeline, askedAt: number, side: "newest" | "before" | "after"): State {
  const known = state.lines[id] ?? { items: [], before: false, after: false, deliveries: {} };
  const items = page.items.map(entry => keepTold(entry, known, askedAt));
  const first = items[0]?.seq ?? 0;
  const apart = side === "newest" && known.items.length > 0 && page.before && first > lastSeq(known);
  const joined = apart ? items : merge(known.items, items);
  const cut = side === "before" ? joined.slice(0, maxLines) : joined.slice(-maxLines);
  const start = cut[0]?.seq ?? 0;
  const fromPage = items.length > 0 && items[0]!.seq === start;
  const lines: Lines = {
    items: cut,
    before:
      cut.length < joined.length && side !== "before"
        ? true
        : apart || known.items.length === 0 || fromPage || side === "before"
          ? page.before
          : known.before,
    after: cut.length < joined.length && side === "before" ? true : side === "before" ? known.after : page.after,
    deliveries: known.deliveries,
  };
  return { ...state, lines: { ...state.lines, [id]: lines } };
}

function keepTold(entry: Entry, known: Lines, askedAt: number): Entry {
  const told = entry.message && known.deliveries[entry.message.id];
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
