package events

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// The data of each event, for the API's description. Most of it is written by the ledger (the bodies of package lifecycle); the writer of the
// stream adds ids and the time. A test compares the description with what is written.

// Base has the members of nearly every event. It is exported because huma ignores embedded structs that are not.
type Base struct {
	QueueID string    `json:"queue_id,omitempty" format:"uuid" doc:"The queue that it is in, where its members are told"`
	AgentID string    `json:"agent_id,omitempty" format:"uuid" doc:"The agent whom it concerns"`
	At      time.Time `json:"at"`
}

// eventConversation says the new state of a conversation.
type eventConversation struct {
	Base
	ConversationID string              `json:"conversation_id" format:"uuid"`
	Revision       int64               `json:"revision" doc:"Ignore an event whose revision is not higher than the one you know"`
	State          conversation.State  `json:"state" enum:"open,active,waiting,wrap_up,closed"`
	Holder         conversation.Holder `json:"holder" enum:"bot,queue,agent"`
	Offer          *web.OfferView      `json:"offer,omitempty"`
}

// eventLeft is for the agent who no longer has the conversation: its new state.
type eventLeft eventConversation

type eventMessage struct {
	Base
	ConversationID string              `json:"conversation_id" format:"uuid"`
	MessageID      string              `json:"message_id" format:"uuid"`
	Seq            int64               `json:"seq"`
	Author         conversation.Author `json:"author" enum:"customer,bot,agent,system"`
	Key            string              `json:"key,omitempty" doc:"The Idempotency-Key under which you sent it"`
}

type eventDelivery struct {
	Base
	ConversationID string                      `json:"conversation_id" format:"uuid"`
	MessageID      string                      `json:"message_id" format:"uuid"`
	Status         conversation.DeliveryStatus `json:"status" enum:"queued,sent,failed,unknown" doc:"queued: somebody sends it again"`
	Reason         string                      `json:"reason,omitempty" doc:"A stable word"`
}

type eventNote struct {
	Base
	ConversationID string `json:"conversation_id" format:"uuid"`
	NoteID         string `json:"note_id" format:"uuid"`
	Seq            int64  `json:"seq" doc:"Its number in the timeline"`
	Author         string `json:"author" format:"uuid" doc:"An agent's id, a user's, or an API token's"`
	Key            string `json:"key,omitempty" doc:"The Idempotency-Key under which you sent it"`
}

// eventStep is a new step in the timeline.
type eventStep struct {
	Base
	ConversationID string `json:"conversation_id" format:"uuid"`
	Seq            int64  `json:"seq"`
}

// eventRead is for the other streams of who has read.
type eventRead struct {
	Base
	ConversationID string `json:"conversation_id" format:"uuid"`
	Seq            int64  `json:"seq" doc:"Of the last entry that was read"`
}

type eventOffer struct {
	Base
	ConversationID string    `json:"conversation_id" format:"uuid"`
	AssignmentID   string    `json:"assignment_id" format:"uuid"`
	Deadline       time.Time `json:"deadline" doc:"When the next agent is asked"`
}

type eventOfferOver struct {
	Base
	ConversationID string `json:"conversation_id" format:"uuid"`
	AssignmentID   string `json:"assignment_id" format:"uuid"`
	Outcome        string `json:"outcome" enum:"rejected,missed,unseen,withdrawn,voided,ended"`
}

type eventPresence struct {
	Base
	Presence routing.Presence       `json:"presence" enum:"available,busy,dnd,away,offline,inactive"`
	Manual   bool                   `json:"manual" doc:"Whether a person chose it"`
	Custom   *web.ShownPresenceView `json:"custom_presence" doc:"What the agent shows in its place; null: as it is"`
}

// eventAlert is for supervisors alone.
type eventAlert struct {
	Base
	ConversationID string `json:"conversation_id,omitempty" format:"uuid"`
	Alert          string `json:"alert" doc:"A stable word"`
}

// eventSettings is for everybody: a part of the set-up has changed, and may have another name.
type eventSettings struct {
	Base
	Kind string `json:"kind" enum:"account,agent,bot,capacity_profile,custom_presence,faq_entry,operating_hours,queue,ruleset,settings,skill,workstream"`
	ID   string `json:"id"`
}

// eventReset says that everything has to be read again.
type eventReset struct{}

// views lists the events, with the data of each.
func views() []view {
	return []view{
		{"conversation", reflect.TypeFor[eventConversation]()},
		{"left", reflect.TypeFor[eventLeft]()},
		{"message", reflect.TypeFor[eventMessage]()},
		{"delivery", reflect.TypeFor[eventDelivery]()},
		{"note", reflect.TypeFor[eventNote]()},
		{"step", reflect.TypeFor[eventStep]()},
		{"read", reflect.TypeFor[eventRead]()},
		{"offer", reflect.TypeFor[eventOffer]()},
		{"offer-over", reflect.TypeFor[eventOfferOver]()},
		{"presence", reflect.TypeFor[eventPresence]()},
		{"alert", reflect.TypeFor[eventAlert]()},
		{"settings", reflect.TypeFor[eventSettings]()},
		{"reset", reflect.TypeFor[eventReset]()},
	}
}

type view struct {
	name string
	data reflect.Type
}

// Describe adds a schema for the data of each event to the description, and returns a sentence that names them.
func Describe(schemas huma.Registry) string {
	var names []string
	for _, e := range views() {
		ref := schemas.Schema(e.data, true, "").Ref
		names = append(names, fmt.Sprintf("%s (%s)", e.name, ref[strings.LastIndex(ref, "/")+1:]))
	}
	return "Events, each with the schema of its data: " + strings.Join(names, ", ")
}
