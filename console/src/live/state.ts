import type { Conversation, Delivery, Entry, PresenceKind, Work } from "../api/model";

/** Lines is what we have read of a conversation's timeline: a stretch without holes, ascending. */
export interface Lines {
  items: Entry[];
  /** Whether there is more before and after the stretch. */
  before: boolean;
  after: boolean;
}

export interface OfferStub {
  assignment_id: string;
  deadline: string;
  /** The count of events when it was told. An answer to an earlier question does not undo it. */
  told: number;
}

export interface OwnPresence {
  presence: PresenceKind;
  manual: boolean;
  custom: { id: string; name: string; text: string } | null;
}

/** State is what the event stream keeps true: everything else is a query or belongs to one component. */
export interface State {
  /** The agent at this desk; null for people who answer nobody. */
  agent: string | null;
  /** How many events have been applied. */
  told: number;
  conversations: Record<string, Conversation>;
  /** Offers to this agent, as the stream told them; the conversation's facts may come later. */
  offers: Record<string, OfferStub>;
  lines: Record<string, Lines>;
  /** The highest number in a conversation's timeline that an event has named, by conversation. A page may be older than that. */
  newest: Record<string, number>;
  /** The last final deliveries that the stream told, by message, each with the count of events at that time. */
  deliveries: Record<string, Delivery & { told: number }>;
  /** Conversations that are no longer ours to see. */
  gone: Record<string, true>;
  presence: OwnPresence | null;
  /** After a reset everything shown is from before, until it has been read again. */
  stale: boolean;
  /** Whether my work has been read once. */
  ready: boolean;
  /** Of which of my lists there is more than has been read. */
  more: Work["more"];
}

export const empty: State = {
  agent: null,
  told: 0,
  conversations: {},
  offers: {},
  lines: {},
  newest: {},
  deliveries: {},
  gone: {},
  presence: null,
  stale: false,
  ready: false,
  more: { offers: false, mine: false, open: false },
};
