// The names by which the console knows the API's shapes. schema.ts is generated from api/openapi.yaml by `npm run schema`.
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Preferences = Schemas["Preferences"];
export type PreferencesChange = Partial<Preferences>;
export type Presence = Schemas["Presence"];
export type PresenceKind = Presence["presence"];
export type Session = Schemas["Session"];
export type Delivery = NonNullable<Schemas["Delivery"]>;
export type DirectoryEntry = Schemas["Named"];
export type ProblemDocument = Schemas["Problem"];

/** ToldConversation is a conversation as the API tells it, ToldWork my work: coming.ts adds what is missing. */
export type ToldConversation = Schemas["Conversation"];
export type ToldWork = Schemas["Work"];

export interface Allowance {
  until: string | null;
  left: number;
  of: number;
  opened_by: string;
  closed_at: string | null;
}

export interface Due {
  what: Schemas["Due"]["what"] | "wrap-up-ends";
  at: string;
}

export interface Last {
  author: Schemas["Writer"]["kind"];
  kind: string;
  excerpt: string;
  at: string;
}

type Offer = Schemas["Offer"] | null;

export interface Conversation extends Omit<ToldConversation, "customer" | "due" | "offer" | "reply_allowance"> {
  customer: Schemas["Customer"] & { label: string; tags: string[] };
  due: Due[];
  offer: Offer;
  reply_allowance: Allowance;
  last: Last | null;
  unanswered_since: string | null;
  answered_at: string | null;
  unread: number;
  priority: number;
  skills: { skill_id: string; rating: number }[];
}

export interface Work {
  offers: Conversation[];
  mine: Conversation[];
  open: Conversation[];
  more: { offers: boolean; mine: boolean; open: boolean };
}

/** Keyed has the Idempotency-Key with which its own author sent it. */
interface Keyed {
  key?: string | null;
}

export type Message = Omit<Schemas["Message"], "delivery"> & Keyed & { delivery: Delivery | null };

export interface Entry extends Omit<Schemas["Entry"], "message" | "note"> {
  message?: Message;
  note?: Schemas["EntryNote"] & Keyed;
}

export interface Timeline extends Omit<Schemas["Timeline"], "items"> {
  items: Entry[];
}

type Put<Body> = {
  put: { parameters: { path: { id: string } }; requestBody: { content: { "application/json": Body } }; responses: Done };
};
type Post<Body> = { post: Put<Body>["put"] };
type Done = { 204: { headers: Record<string, unknown>; content?: never } };

/** ComingPaths are the requests that are not described yet. Until they are, their answer is 404, and nothing follows from it. */
export type ComingPaths = paths & {
  "/v1/conversations/{id}/read": Put<{ seq: number }>;
  "/v1/conversations/{id}/seen": Post<{ assignment_id: string }>;
};

/**
 * DeskEvent is one line of the event stream that concerns a desk, with the members that it reads; events of other names are left alone. A
 * member that is missing or null is nobody or nothing.
 */
export type DeskEvent =
  | { name: "conversation"; data: ConversationData }
  | { name: "left"; data: Pick<Schemas["EventLeft"], "conversation_id"> }
  | { name: "message"; data: Pick<Schemas["EventMessage"], "conversation_id" | "message_id" | "seq" | "author"> }
  | { name: "delivery"; data: Pick<Schemas["EventDelivery"], "conversation_id" | "message_id" | "status" | "reason"> }
  | { name: "note"; data: Pick<Schemas["EventNote"], "conversation_id" | "seq"> & { note_id?: string } }
  | { name: "step"; data: Pick<Schemas["EventStep"], "conversation_id" | "seq"> }
  | { name: "read"; data: { conversation_id: string; seq: number } }
  | { name: "offer"; data: Pick<Schemas["EventOffer"], "conversation_id" | "assignment_id" | "deadline"> }
  | { name: "offer-over"; data: Pick<Schemas["EventOfferOver"], "conversation_id" | "assignment_id" | "outcome"> }
  | { name: "presence"; data: PresenceData }
  | { name: "settings"; data: Pick<Schemas["EventSettings"], "kind" | "id"> }
  | { name: "reset"; data: Record<string, never> };

type ConversationData = Pick<Schemas["EventConversation"], "conversation_id" | "revision" | "state" | "holder"> & {
  queue_id?: string | null;
  agent_id?: string | null;
  offer?: Offer;
};

type PresenceData = Pick<Schemas["EventPresence"], "presence" | "manual"> & {
  agent_id?: string;
  custom_presence?: Schemas["EventPresence"]["custom_presence"] | null;
};
