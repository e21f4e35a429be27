package lifecycle

import (
	"time"

	"wxdesk/internal/conversation"
)

// Acts that the run is told of and that no person does.
const (
	ActAssigned   = "assigned"   // by the distribution
	ActUnassigned = "unassigned" // its agent has gone
)

// Offer asks an agent to take a conversation that waits, or assigns it without asking. The distribution has found the agent
// and has locked both; where the conversation does not wait any more it changes nothing.
func Offer(now time.Time, s Snapshot, to conversation.AgentID, unasked bool) Change {
	if s.State != conversation.StateOpen || s.Item == nil || s.Item.State != ItemWaiting || s.Live != nil || s.Wishes.Ending != "" {
		return Change{}
	}
	d := newDraft(now, s)
	d.change.Notice = &Notice{Act: ActAssigned, Assignment: true}
	if unasked {
		d.assign(to, Directly, Accepted)
		d.begin(to)
		return d.finish()
	}
	d.changeItem(func(i *Item) { i.State = ItemOffered })
	d.move(conversation.StateActive, conversation.HolderQueue, d.Queue, "")
	d.assign(to, ByOffer, Offered)
	return d.finish()
}

// Departure says why an agent's work is taken from them.
type Departure string

// The departures.
const (
	Gone     Departure = "agent-gone" // disconnected, and not back in time: what they put aside or wrap up stays theirs
	Disabled Departure = "agent-disabled"
	Deleted  Departure = "agent-deleted"
)

// Left puts a conversation that an agent has, or is offered, back into its queue, because they have gone. It is kept for
// nobody. Where it is neither theirs nor offered to them, it changes nothing.
func Left(now time.Time, s Snapshot, agent conversation.AgentID, why Departure) Change {
	switch {
	case s.Live == nil, s.Live.Agent != agent, s.Item == nil, s.State == conversation.StateClosed:
		return Change{}
	case why == Gone && s.State != conversation.StateActive:
		return Change{}
	}
	d := newDraft(now, s)
	had := s.Live.State == Accepted
	d.release()
	d.waitAgain(d.Queue, "", had)
	if why != Gone {
		d.change.Trace = &Trace{StageCommand, DepartureTrace{why, agent}}
	}
	d.change.Notice = &Notice{Act: ActUnassigned, Assignment: true}
	return d.finish()
}

// DepartureTrace is the trace of a conversation whose agent is no agent any more.
type DepartureTrace struct {
	Command Departure            `json:"command"`
	AgentID conversation.AgentID `json:"agent_id"`
}
