package lifecycle

import (
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// EventKind names what agents and supervisors are told; the names of the events on the event stream.
type EventKind string

// The kinds of event.
const (
	EventStanding  EventKind = "conversation" // how it stands has changed
	EventLeft      EventKind = "left"         // to the agent who had it: they have it no more
	EventMessage   EventKind = "message"      // a new message in the transcript
	EventDelivery  EventKind = "delivery"     // what became of a message to the customer
	EventNote      EventKind = "note"
	EventStep      EventKind = "step"       // something happened to it, see Step
	EventOffer     EventKind = "offer"      // to an agent: will you take it
	EventOfferOver EventKind = "offer-over" // to the agent: no longer
	EventPresence  EventKind = "presence"
	EventAlert     EventKind = "alert"    // to supervisors
	EventSettings  EventKind = "settings" // to everybody of the tenant: a part of the set-up has changed
)

// Event is a feed event. Supervisors are told everything, an agent what names them or a queue of theirs.
type Event struct {
	Kind  EventKind
	Queue conversation.QueueID // whose members are told; "" for none
	Agent conversation.AgentID // who is told; "" for nobody
	// Body is encoded as JSON: ids and states, never content. Of EventStanding and EventLeft it is nil: the ledger says how the
	// conversation stands after the change.
	Body any
}

// OfferBody is an offer.
type OfferBody struct {
	AssignmentID conversation.AssignmentID `json:"assignment_id"`
	QueueID      conversation.QueueID      `json:"queue_id,omitempty"`
	Deadline     *time.Time                `json:"deadline,omitempty"`
	Outcome      AssignmentState           `json:"outcome,omitempty"` // of one that is over
}

// MessageBody is a new message in the transcript.
type MessageBody struct {
	MessageID conversation.MessageID `json:"message_id"`
	Seq       int64                  `json:"seq"`
	Author    conversation.Author    `json:"author"`
	Keyed
}

// Keyed is the Idempotency-Key under which a message or a note was sent. Only who sent it is told; see feed.Event.
type Keyed struct {
	Key   string `json:"key,omitempty"`
	KeyOf string `json:"key_of,omitempty"` // who sent it: a user's id, or an API token's
}

// DeliveryBody is what became of a message to the customer.
type DeliveryBody struct {
	MessageID conversation.MessageID      `json:"message_id"`
	Status    conversation.DeliveryStatus `json:"status"`
	Reason    string                      `json:"reason,omitempty"`
}

// NoteBody is a new note.
type NoteBody struct {
	NoteID conversation.MessageID `json:"note_id"`
	Seq    int64                  `json:"seq"`
	Author string                 `json:"author"`
	Keyed
}

// PresenceBody is an agent's presence.
type PresenceBody struct {
	AgentID  conversation.AgentID   `json:"agent_id"`
	Presence routing.Presence       `json:"presence"`
	Manual   bool                   `json:"manual"`
	Shown    *routing.ShownPresence `json:"custom_presence"`
}

// SettingsBody is a part of the set-up that has changed.
type SettingsBody struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// AlertBody is something about the routing that a supervisor should know.
type AlertBody struct {
	Alert   string               `json:"alert"`
	QueueID conversation.QueueID `json:"queue_id"`
}
