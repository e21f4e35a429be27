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
export type Entry = Schemas["Entry"];
export type Message = Schemas["Message"];
export type Delivery = NonNullable<Schemas["Delivery"]>;
export type Timeline = Schemas["Timeline"];
export type DirectoryEntry = Schemas["DirectoryEntry"];
export type ProblemDocument = Schemas["Problem"];

/** DeskEvent is one line of the event stream that concerns a desk; events of other names are left alone. */
export type DeskEvent =
  | { name: "conversation"; data: Schemas["EventConversation"] }
  | { name: "left"; data: Schemas["EventLeft"] }
  | { name: "message"; data: Schemas["EventMessage"] }
  | { name: "delivery"; data: Schemas["EventDelivery"] }
  | { name: "note"; data: Schemas["EventNote"] }
  | { name: "step"; data: Schemas["EventStep"] }
  | { name: "read"; data: Schemas["EventRead"] }
  | { name: "offer"; data: Schemas["EventOffer"] }
  | { name: "offer-over"; data: Schemas["EventOfferOver"] }
  | { name: "presence"; data: Schemas["EventPresence"] }
  | { name: "settings"; data: Schemas["EventSettings"] }
  | { name: "reset"; data: Record<string, never> };
