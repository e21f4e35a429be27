package conversation

import "time"

// AssignmentID names an assignment of a conversation to an agent: offered, accepted, or over. A UUIDv7.
type AssignmentID string

// WorkItemID names a work item; a UUIDv7.
type WorkItemID string

// WorkstreamID names a workstream.
type WorkstreamID string

// Standing is what agents and supervisors see of a conversation's state: its row, as of a revision. A transaction that changes the
// row raises the revision. A desk that hears of several states takes the one with the highest revision.
type Standing struct {
	Revision     int64
	State        State
	Holder       Holder
	Epoch        Epoch
	QueueID      QueueID   `json:",omitempty"`
	QueueName    string    `json:",omitempty"`
	AgentID      AgentID   `json:",omitempty"` // who has it
	Offer        *Offer    `json:",omitempty"` // whom it is offered to
	WaitingSince time.Time `json:",omitzero"`  // for a person
	Due          []Due     `json:",omitempty"` // what falls due while it stands like this, soonest first
}

// Offer is an assignment that an agent has not answered yet.
type Offer struct {
	ID       AssignmentID
	AgentID  AgentID
	Deadline time.Time
}

// Due is something that happens at a time, unless the standing of the conversation changes before. The run keeps the time and the
// ledger decides (see Ledger.Due in package activities), because the row may have changed.
type Due struct {
	What DueKind
	At   time.Time
}

// DueKind says what falls due.
type DueKind string

// What can fall due.
const (
	DueOffer    DueKind = "offer-ends"     // the agent has not answered: the next one is asked
	DueUnseen   DueKind = "offer-unseen"   // the agent's desk does not show the offer: the next one is asked
	DueReturn   DueKind = "wait-ends"      // put aside until now: comes back to its agent
	DueIdle     DueKind = "idle"           // waiting for the customer too long: closed
	DueOverflow DueKind = "queue-overflow" // in the queue too long: its overflow action
	DueWrapUp   DueKind = "wrap-up-ends"   // wrap-up no longer takes capacity; shown to people only, a run knows nothing of it
	DueLimit    DueKind = "state-limit"    // open, active or wrapping up for too long: closed
)

// Default limits (LIF-2): how long a conversation may stay in a state unless its workstream says
// otherwise (LIF-4).
const (
	OpenLimit   = 30 * 24 * time.Hour
	ActiveLimit = 30 * 24 * time.Hour // with an agent
	WrapUpLimit = 24 * time.Hour
)

// The reasons for closing that people and their queues bring.
const (
	ClosedByAgent    CloseReason = "closed-by-agent"
	ClosedByForce    CloseReason = "force-closed"
	ClosedOverflow   CloseReason = "queue-overflow"
	ClosedStateLimit CloseReason = "state-limit"
)
