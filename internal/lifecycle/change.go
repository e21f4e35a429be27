package lifecycle

import (
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Change is what the rule book decides: data, which the ledger writes. A field that is nil, empty or zero changes nothing, so the
// zero Change changes nothing at all.
type Change struct {
	// Revision is the new revision of the conversation. Every change that agents and supervisors can see raises it; 0: there is none.
	Revision int64
	Standing *Standing
	Wishes   *Wishes // all of them, as they are from now on

	Over    *Assignment // the live assignment, ended
	Live    *Assignment // the live assignment, with what has changed about it
	Made    *Assignment // the new live assignment
	Item    *Item       // the work item, with what has changed about it
	NewItem *Item
	// Skills are what the work item needs from now on, sorted; nil: as before. Other agents may fit it then.
	Skills []routing.NeededSkill

	Say     []Message // to the customer, in order
	Resend  *Resend
	Fail    *Failure
	NoTurns bool // no message waits for the bot any more
	Note    *Note
	Steps   []Step         // of the timeline, in order
	Context map[string]any // context variables to set; nil values are forgotten

	// Empty are queues without agents, of which supervisors get an alert now.
	Empty []conversation.QueueID

	// Workstream is the conversation's from now on; "": as before.
	Workstream conversation.WorkstreamID
	Escalated  bool // a bot had the conversation, and gave it up

	Presences []PresenceChange
	Feed      []Event
	// Distribute says that a match may have become possible; DistributeAt, that one becomes possible then.
	Distribute   bool
	DistributeAt time.Time
	Trace        *Trace

	Notice     *Notice // to the run; nil: it knows
	DropNotice bool    // what the run was to be told is told to nobody any more
}

// Nothing reports whether the change changes nothing.
func (c Change) Nothing() bool {
	return c.Revision == 0 && c.Wishes == nil && c.Item == nil && c.Live == nil && c.Resend == nil && c.Note == nil && c.Over == nil &&
		len(c.Say) == 0 && len(c.Feed) == 0 && !c.Distribute && !c.DropNotice
}

// MessageID is the message or note that an act wrote, or sends again; "" if it did neither.
func (c Change) MessageID() conversation.MessageID {
	switch {
	case c.Resend != nil:
		return c.Resend.ID
	case c.Note != nil:
		return c.Note.ID
	case len(c.Say) > 0:
		return c.Say[0].ID
	}
	return ""
}

// Message is a message to the customer, to be queued.
type Message struct {
	ID     conversation.MessageID
	Seq    int64
	Author conversation.Author
	Agent  conversation.AgentID // who wrote it; "" unless an agent did
	Text   string
	Turn   conversation.MessageID // the customer's message that it answers; "" for none in particular
	Part   int                    // its place among what answers that message
	Epoch  conversation.Epoch     // in which alone it may go out; 0: always
	Trace  string                 // W3C trace context of the request that wrote it
}

// Resend queues a message again.
type Resend struct {
	ID    conversation.MessageID
	Epoch conversation.Epoch
}

// Failure fails the messages that are queued before the change; what is being sent is left to its attempt.
type Failure struct {
	Reason      string
	Automated   bool                 // automated messages too, which belong to no epoch
	NotifyAgent conversation.AgentID // the agent who is told of each, beside supervisors; "" for nobody
}

// Why a message fails that was never sent. Stable: the desk reads them.
const (
	ReasonSuperseded = "superseded-by-person"
	ReasonClosed     = "conversation-closed"
	ReasonDisabled   = "account-disabled" // or deleted
	ReasonWindow     = "reply-window-closed"
)

// Note is a note for colleagues.
type Note struct {
	ID     conversation.MessageID
	Seq    int64
	Author string // an agent's id, a user's, or an API token's
	Text   string
}

// PresenceChange is an agent's new presence.
type PresenceChange struct {
	Agent    conversation.AgentID
	Presence routing.Presence
	Manual   bool
	Since    time.Time // zero: as before
	Reset    bool      // the custom presence, and what it was before a lost connection, are forgotten
}

// Trace is one step of how the conversation was routed and assigned, and why.
type Trace struct {
	Stage string
	Body  any // to be encoded as JSON
}

// Stages of a conversation's way to people.
const (
	StageRoute    = "route"
	StageOverflow = "overflow"
	StageCommand  = "command"
)

// Notice is what the run is told, if somebody else than the run changed its conversation.
type Notice struct {
	Act        string
	Assignment bool // it concerns an assignment
}
