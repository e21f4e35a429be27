import type { Conversation, Delivery, Entry, PresenceKind } from "../api/model";

/** Lines is what we have read of a conversation's timeline: a stretch without holes, ascending. */
export interface Lines {
  items: Entry[];
  /** Whether there is more before and after the stretch. */
  before: boolean;
  after: boolean;
  /** Final deliveries that the stream told, with the count of events at that time. A page that was asked for earlier does not undo them. */
  deliveries: Record<string, Delivery & { told: number }>;
}

export interface OfferStub {
  assignment_id: string;
  deadline: string;
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
  /** Conversations that are no longer ours to see. */
  gone: Record<string, true>;
  presence: OwnPresence | null;
  /** After a reset everything shown is from before, until it has been read again. */
  stale: boolean;
  /** Whether my work has been read once. */
  ready: boolean;
  more: boolean;
}

export const empty: State = {
  agent: null,
  told: 0,
  conversations: {},
  offers: {},
  lines: {},
  gone: {},
  presence: null,
  stale: false,
  ready: false,
  more: false,
};
