package conversation

import "time"

// Situation is how a conversation stands and what it still owes, as one transaction of the ledger left it. Every call that a
// run makes of the ledger answers with it.
type Situation struct {
	Standing
	Owed
}

// Owed is what a conversation still owes. The ledger derives it from its rows (the view owed), so a step whose result was lost
// is found again. Durations are counted from the ledger's clock, because clocks differ (R22).
type Owed struct {
	Turn     bool          `json:",omitempty"` // a line of the customer waits for the bot
	TurnIn   time.Duration `json:",omitempty"` // not before this has passed
	Send     bool          `json:",omitempty"` // a message waits for WeChat, or is being sent
	SendIn   time.Duration `json:",omitempty"` // not before this has passed
	HandOver bool          `json:",omitempty"` // people are wanted, and have not been given the conversation yet
	End      bool          `json:",omitempty"` // the end is wished, and not done yet
}

// Nothing reports whether nothing is owed.
func (o Owed) Nothing() bool { return !o.Turn && !o.Send && !o.HandOver && !o.End }

// EscalationReason says why people take over.
type EscalationReason string

// The reasons.
const (
	EscalatedByBot  EscalationReason = "bot-escalated"
	EscalatedFailed EscalationReason = "bot-failed"
	EscalatedNoBot  EscalationReason = "no-bot" // the account has none
)

// RunNotice is for a run: an act that somebody else than the run did in its conversation, and of which it has not been told yet.
type RunNotice struct {
	Ref
	WorkflowID string
	Number     int64  // raised by every act; a newer one is not deleted with this
	Act        string // what was done: a CommandKind, "assigned" …; shown in the run's timeline
	Assignment bool   // it concerns an assignment: the run is told by agent-assigned, otherwise by agent-acted
}

// ActRequest is what a person asks of a conversation, with the key under which it has one effect however often it is sent.
type ActRequest struct {
	CommandRequest
	PersonCommand        // its ID is empty: the ledger makes one
	Text          string // of reply, note, set-context and set-skills; never in a history
	Traceparent   string // W3C trace context of the request
}

// Acted is what an act came to.
type Acted struct {
	Refused      Refusal      // "" where it was done; otherwise nothing was changed and the key is free again
	Conversation Conversation // as it was after the act; where a condition failed (412), as it is now
	MessageID    MessageID    // of reply, note and resend
	At           time.Time    // when it was done, by the ledger's clock; a repeat answers the same time
	Notice       *RunNotice   // the run is to be told; nil where there is nothing to tell, and for a repeat
}
