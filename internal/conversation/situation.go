package conversation

import "time"

// Situation is the state of a conversation and what it still owes, as one transaction of the ledger left it. The ledger returns it
// for every call of a run.
type Situation struct {
	Standing
	Owed
}

// Owed is what a conversation still owes. The ledger derives it from its rows (the view owed), so a step whose result was lost
// is found again. Durations are counted from the ledger's clock, because clocks differ (R22).
type Owed struct {
	Turn     bool          `json:",omitempty"` // a message of the customer waits for the bot
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
