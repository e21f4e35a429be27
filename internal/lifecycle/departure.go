package lifecycle

import (
	"time"

	"wxdesk/internal/conversation"
)

// ActUnassigned is the act that a run is told of when its conversation's agent has gone.
const ActUnassigned = "unassigned"

// Departure says why an agent's work is taken from them.
type Departure string

// The departures.
const (
	Gone     Departure = "agent-gone" // disconnected, and not back in time: what they put aside or wrap up stays theirs
	Disabled Departure = "agent-disabled"
	Deleted  Departure = "agent-deleted"
)

// Left puts a conversation back into its queue because its agent, or the agent to whom it is offered, has gone. It is kept for
// nobody. If it is neither theirs nor offered to them, it changes nothing.
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
	if had {
		d.step(Step{What: StepTransferred, Queue: d.Queue, Reason: string(why)})
	}
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
