// The names by which the console knows the API's shapes. schema.ts is generated from api/openapi.yaml by `npm run schema`.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Preferences = Schemas["Preferences"];
export type PreferencesChange = Partial<Preferences>;
export type Presence = Schemas["Presence"];
export type PresenceKind = Presence["presence"];
export type Session = Schemas["Session"];
export type Conversation = Schemas["Conversation"];
export type Allowance = Schemas["Allowance"];
export type Work = Schemas["Work"];
export type Timeline = Schemas["Timeline"];
export type Entry = Schemas["Entry"];
export type Message = Schemas["Message"];
export type Delivery = NonNullable<Schemas["Delivery"]>;
export type DirectoryEntry = Schemas["Named"];
export type ProblemDocument = Schemas["Problem"];

/** Done is what a command answers. */
export type Done = Schemas["Command"];

/**
 * DeskEvent is one line of the event stream that concerns a desk, with the members that it reads; events of other names are left alone. A
 * member that is missing is nobody or nothing.
 */
export type DeskEvent =
  | { name: "conversation"; data: Omit<Schemas["EventConversation"], "at"> }
  | { name: "left"; data: Pick<Schemas["EventLeft"], "conversation_id"> }
  | { name: "message"; data: Pick<Schemas["EventMessage"], "conversation_id" | "message_id" | "seq" | "author" | "key"> }
  | { name: "delivery"; data: Pick<Schemas["EventDelivery"], "conversation_id" | "message_id" | "status" | "reason"> }
  | { name: "note"; data: Pick<Schemas["EventNote"], "conversation_id" | "seq" | "key"> }
  | { name: "step"; data: Pick<Schemas["EventStep"], "conversation_id" | "seq"> }
  | { name: "read"; data: Pick<Schemas["EventRead"], "conversation_id" | "seq"> }
  | { name: "offer"; data: Pick<Schemas["EventOffer"], "conversation_id" | "assignment_id" | "deadline"> }
  | { name: "offer-over"; data: Pick<Schemas["EventOfferOver"], "conversation_id" | "assignment_id" | "outcome"> }
  | { name: "presence"; data: Omit<Schemas["EventPresence"], "at" | "queues"> }
  | { name: "settings"; data: Pick<Schemas["EventSettings"], "kind" | "id"> }
  | { name: "reset"; data: Record<string, never> };
