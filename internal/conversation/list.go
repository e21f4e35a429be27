package conversation

import "time"

// Work is what an agent has to do now: offers, their conversations, and what waits in their queues.
type Work struct {
	Offers []Conversation // offered to the agent, the one that ends soonest first
	Mine   []Conversation // that the agent has
	Open   []Conversation // that wait in the agent's queues, the longest first
}

// Filter narrows a list of conversations; empty fields do not.
type Filter struct {
	State     State
	QueueID   QueueID
	AgentID   AgentID
	AccountID AccountID
}

// Position is where a page of conversations ended; the zero value is before the first.
type Position struct {
	OpenedAt time.Time
	ID       ID
}
