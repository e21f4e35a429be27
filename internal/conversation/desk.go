package conversation

import (
	"cmp"
	"encoding/json"
	"time"
)

// Note is what somebody wrote about a conversation for colleagues. It is never sent and never changed.
type Note struct {
	ID        string // of the command that made it
	Author    string // an agent's id, or an API token's
	Text      string
	CreatedAt time.Time
}

// TraceStep is one step of how a conversation was routed and distributed.
type TraceStep struct {
	Number int64           // sorts the steps of a tenant
	Stage  string          // route, overflow, distribution, command
	Body   json.RawMessage // routing.Trace or routing.MatchTrace: ids and reasons
	At     time.Time
}

// FeedPosition is a place in the order of the event feed.
type FeedPosition struct {
	Generation int64  // raised after a restore: positions of another generation lead nowhere
	XID        uint64 // of the transaction that told
	ID         int64
	At         time.Time // when everything up to here had been told
}

// Compare orders positions of one generation.
func (p FeedPosition) Compare(q FeedPosition) int {
	return cmp.Or(cmp.Compare(p.XID, q.XID), cmp.Compare(p.ID, q.ID))
}

// FeedEvent is something that agents and supervisors are shown.
type FeedEvent struct {
	FeedPosition
	Tenant       Tenant
	Kind         string
	Conversation ID      // "" where none is concerned
	QueueID      QueueID // "" unless the queue's members are told
	AgentID      AgentID // "" unless an agent is told
	Body         json.RawMessage
}

// FeedAlert is the kind of what only supervisors and admins are told.
const FeedAlert = "alert"

// FeedPresence is the kind of an event about an agent: their presence, or the queues they are a member of, may have changed.
const FeedPresence = "presence"

// For reports whether somebody who is a member of the queues is told.
func (t FeedEvent) For(v Viewer, queues map[QueueID]bool) bool {
	switch {
	case t.Tenant != v.Tenant:
		return false
	case v.AgentID == "":
		return true
	case t.Kind == FeedAlert:
		return false
	}
	return t.AgentID == v.AgentID || t.QueueID != "" && queues[t.QueueID]
}

// FeedPage is a page of the event feed.
type FeedPage struct {
	Events []FeedEvent  // in order
	Upto   FeedPosition // nothing that comes later stands before it
	More   bool         // more is there, or will be as soon as an older transaction has ended: ask again soon
}

// Work is what concerns an agent now.
type Work struct {
	Offers []Conversation // offered to the agent, the one that ends soonest first
	Mine   []Conversation // that the agent has
	Open   []Conversation // that wait in the agent's queues, the longest first
}
