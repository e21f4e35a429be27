package conversation

import "time"

// Work is what an agent has to do now: offers, their conversations, and what waits in their queues.
type Work struct {
	Offers []Conversation // offered to the agent, the one that ends soonest first
	Mine   []Conversation // that the agent has
	Open   []Conversation // that wait in the agent's queues, the longest first
	More   MoreWork
}

// MoreWork says of which sort there is more than is listed.
type MoreWork struct{ Offers, Mine, Open bool }

// Filter narrows a list of conversations; empty fields do not.
type Filter struct {
	States       []State
	QueueID      QueueID
	AgentID      AgentID
	AccountID    AccountID
	CustomerID   CustomerID
	WorkstreamID WorkstreamID
	Holder       Holder // who must act next
	Unanswered   bool   // the customer waits for an answer
	IDs          []ID
	From, To     time.Time // opened then or later, and before then
	Order        Order
}

// OpenOnly reports whether the filter leaves out closed conversations, whatever states it names: in those nobody must act next, and no
// customer waits.
func (f Filter) OpenOnly() bool { return f.Holder != "" || f.Unanswered || f.sorted() }

// sorted reports whether the order is another than by opening.
func (f Filter) sorted() bool { return f.Order != "" && f.Order != OrderOpened }

// Order is the order of a list of conversations. All but the first are for conversations that are not closed.
type Order string

// The orders; "" is the first.
const (
	OrderOpened   Order = "opened"   // newest first
	OrderActivity Order = "activity" // who wrote last first
	OrderWaited   Order = "waited"   // who has waited longest in a queue first; only those who wait
	OrderAnswer   Order = "answer"   // who has waited longest for an answer first; only those who wait
)

// Position is where a page of conversations ended; the zero value is before the first.
type Position struct {
	At time.Time // by which the list is ordered
	ID ID
}

// PositionIn is where the conversation stands in a list of an order.
func (c Conversation) PositionIn(o Order) Position {
	switch o {
	case OrderActivity:
		return Position{c.ActiveAt, c.ID}
	case OrderWaited:
		return Position{c.WaitingSince, c.ID}
	case OrderAnswer:
		return Position{c.UnansweredSince, c.ID}
	case OrderOpened:
	}
	return Position{c.OpenedAt, c.ID}
}
