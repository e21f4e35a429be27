package lifecycle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

type (
	state  = conversation.State
	holder = conversation.Holder
)

// capacity is what becomes of capacity with a transition.
type capacity string

const (
	none     capacity = "none"
	consumed capacity = "consumed"
	released capacity = "released"
	moves    capacity = "moves"
)

// due does what is due at a moment.
func due(at time.Time) func(lifecycle.Snapshot) lifecycle.Change {
	return func(s lifecycle.Snapshot) lifecycle.Change { return lifecycle.Due(at, s) }
}

func closes(why conversation.CloseReason) func(lifecycle.Snapshot) lifecycle.Change {
	return func(s lifecycle.Snapshot) lifecycle.Change { return lifecycle.End(noon, s, why) }
}

func writes(s lifecycle.Snapshot) lifecycle.Change {
	return lifecycle.Wrote(noon, s, lifecycle.Written{Lines: []lifecycle.Line{{ID: "line-2", Seq: 2}}})
}

func leaves(why lifecycle.Departure) func(lifecycle.Snapshot) lifecycle.Change {
	return func(s lifecycle.Snapshot) lifecycle.Change { return lifecycle.Left(noon, s, li, why) }
}

// The transitions that doc.go draws, with their causes.
func TestTransitions(t *testing.T) {
	t.Parallel()
	pickable := with(waits(), func(s *lifecycle.Snapshot) { s.Workstream.PickFromPush = true })
	ends := with(waits(), func(s *lifecycle.Snapshot) { s.Overflow = after(60, routing.OverflowEnd, "") })
	goesOn := with(waits(), func(s *lifecycle.Snapshot) { s.Overflow = after(60, routing.OverflowTransfer, returns) })
	full := agentIs(aside(), li, func(a *lifecycle.Agent) { a.Load = 90 })
	noBlock := with(had(), func(s *lifecycle.Snapshot) { s.Workstream.WrapUp = routing.WrapUpNever })
	for _, row := range []struct {
		name   string
		from   lifecycle.Snapshot
		by     func(lifecycle.Snapshot) lifecycle.Change
		state  state
		holder holder
		agent  conversation.AgentID
		takes  capacity
		wished conversation.CloseReason
	}{
		{"bot to open: people are wanted", begun(wanted), routed, open, inQueue, "", none, ""},
		{"none to open: no bot", nobodys(), routed, open, inQueue, "", none, ""},
		{"bot to closed: the bot ends it", world(), answers(bot.CommandEnd), active, byBot, "", none, conversation.ClosedByBot},
		{"bot to closed: unfollowed", world(), unfollows, active, byBot, "", none, conversation.ClosedUnfollowed},
		{"bot to closed: a supervisor closes", world(), does(supervisor, act(command.Close)), closed, byBot, "", none, ""},

		{"open to active: offered", waits(), offered, active, inQueue, "", consumed, ""},
		{"open to active: assigned without asking", waits(), unasked, active, byAgent, li, consumed, ""},
		{"open to active: picked", pickable, does(agent(li), act(command.Pick)), active, byAgent, li, consumed, ""},
		{"open to active: SUP-3 assigned", waits(), does(supervisor, toAgent(command.Assign, li)), active, byAgent, li, consumed, ""},
		{"open to open: SUP-3 to another queue", waits(), does(supervisor, toQueue(command.Assign)), open, inQueue, "", none, ""},
		{"open to open: OVF-5 to another queue", goesOn, due(noon.Add(minute)), open, inQueue, "", none, ""},
		{"open to closed: OVF-5 overflow ends it", ends, due(noon.Add(minute)), open, inQueue, "", none, conversation.ClosedOverflow},
		{"open to closed: SUP-5 by force", waits(), does(supervisor, act(command.ForceClose)), closed, inQueue, "", none, ""},
		{"open to closed: LIF-2 30 days", waits(), due(noon.Add(conversation.OpenLimit)), open, inQueue, "", none, conversation.ClosedStateLimit},

		{"active to active: the offer is accepted", isAsked(), does(agent(li), act(command.Accept)), active, byAgent, li, none, ""},
		{"active to open: the offer is rejected", isAsked(), does(agent(li), act(command.Reject)), open, inQueue, "", released, ""},
		{"active to open: the offer is missed", isAsked(), due(noon.Add(2 * minute)), open, inQueue, "", released, ""},
		{"active to open: the offer is not seen", isAskedAtDesk(), due(noon.Add(lifecycle.SeenWithin)), open, inQueue, "", released, ""},
		{"active to active: SUP-3 withdrawn and assigned", isAsked(), does(supervisor, toAgent(command.Assign, zhao)), active, byAgent, zhao, moves, ""},
		{"active to open: who is asked has gone", isAsked(), leaves(lifecycle.Gone), open, inQueue, "", released, ""},
		{"active to open: D4 its agent has gone", had(), leaves(lifecycle.Gone), open, inQueue, "", released, ""},
		{"active to open: its agent is disabled", had(), leaves(lifecycle.Disabled), open, inQueue, "", released, ""},
		{"active to open: TRF-1 to a queue", had(), does(agent(li), toQueue(command.Transfer)), open, inQueue, "", released, ""},
		{"active to active: TRF-2 to an agent", had(), does(agent(li), toAgent(command.Transfer, zhao)), active, inQueue, "", moves, ""},
		{"active to active: SUP-4 assigned to another", had(), does(supervisor, toAgent(command.Assign, zhao)), active, byAgent, zhao, moves, ""},
		{"active to waiting: put aside", had(), does(agent(li), act(command.Wait)), waiting, byAgent, li, released, ""},
		{"active to wrap-up: WS-8 always blocks", had(), does(agent(li), act(command.WrapUp)), wrapUp, byAgent, li, none, ""},
		{"active to wrap-up: WS-8 never blocks", noBlock, does(agent(li), act(command.WrapUp)), wrapUp, byAgent, li, released, ""},
		{"active to closed: its agent closes", had(), does(agent(li), act(command.Close)), closed, byAgent, li, released, ""},
		{"active to closed: SUP-5 by force", had(), does(supervisor, act(command.ForceClose)), closed, byAgent, li, released, ""},
		{"active to closed: LIF-2 30 days", had(), due(noon.Add(conversation.ActiveLimit)), active, byAgent, li, released, conversation.ClosedStateLimit},

		{"waiting to open: the customer writes", aside(), writes, open, inQueue, "", none, ""},
		{"waiting to open: its time comes, no room", full, due(noon.Add(time.Hour)), open, inQueue, "", none, ""},
		{"waiting to open: its agent is disabled", aside(), leaves(lifecycle.Disabled), open, inQueue, "", none, ""},
		{"waiting to active: its time comes", aside(), due(noon.Add(time.Hour)), active, byAgent, li, consumed, ""},
		{"waiting to active: resumed", aside(), does(agent(li), act(command.Resume)), active, byAgent, li, consumed, ""},
		{"waiting to active: SUP-4 transferred", aside(), does(supervisor, toAgent(command.Transfer, zhao)), active, inQueue, "", consumed, ""},
		{"waiting to closed: idle", untilWritten(aside()), due(noon.Add(48 * time.Hour)), waiting, byAgent, li, none, conversation.ClosedIdle},
		{"waiting to closed: its agent closes", aside(), does(agent(li), act(command.Close)), closed, byAgent, li, none, ""},

		{"wrap-up to active: D3 the customer writes", wrapsUp(), writes, active, byAgent, li, none, ""},
		{"wrap-up to closed: its agent closes", wrapsUp(), does(agent(li), act(command.Close)), closed, byAgent, li, released, ""},
		{"wrap-up to closed: LIF-2 a day", wrapsUp(), due(noon.Add(conversation.WrapUpLimit)), wrapUp, byAgent, li, released, conversation.ClosedStateLimit},

		{"any to closed: the run ends it", had(), closes(conversation.ClosedByPerson), closed, byAgent, li, released, ""},
		{"any to closed: its run is lost", had(), voids, closed, byAgent, li, released, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := row.by(row.from)
			s := row.from.After(c)
			require.Equal(t, []any{row.state, row.holder, row.agent}, []any{s.State, s.Holder, s.Agent})
			require.Equal(t, row.wished, s.Wishes.Ending)
			require.Equal(t, row.from.Revision+1, s.Revision)
			require.Equal(t, row.takes, change(taken(row.from), taken(s)))
			if row.takes == released {
				require.True(t, c.Distribute, "somebody else may have this capacity now")
			}
			require.Contains(t, kinds(c), lifecycle.EventStanding)
		})
	}
}

// taken is what the conversation takes of its agents.
func taken(s lifecycle.Snapshot) map[conversation.AgentID]int {
	if a := s.Live; a != nil && (a.HoldsUntil.IsZero() || a.HoldsUntil.After(noon)) {
		return map[conversation.AgentID]int{a.Agent: a.Units}
	}
	return nil
}

func change(before, after map[conversation.AgentID]int) capacity {
	switch {
	case len(before) == 0 && len(after) == 0:
		return none
	case len(before) == 0:
		return consumed
	case len(after) == 0:
		return released
	}
	for id := range after {
		if before[id] == 0 {
			return moves
		}
	}
	return none
}

func kinds(c lifecycle.Change) (list []lifecycle.EventKind) {
	for _, e := range c.Feed {
		list = append(list, e.Kind)
	}
	return list
}

const (
	open    = conversation.StateOpen
	active  = conversation.StateActive
	waiting = conversation.StateWaiting
	wrapUp  = conversation.StateWrapUp
	closed  = conversation.StateClosed
	byBot   = conversation.HolderBot
	inQueue = conversation.HolderQueue
	byAgent = conversation.HolderAgent
)

func unasked(s lifecycle.Snapshot) lifecycle.Change { return lifecycle.Offer(noon, s, li, true) }

func voids(s lifecycle.Snapshot) lifecycle.Change { return lifecycle.Void(noon, s) }

func unfollows(s lifecycle.Snapshot) lifecycle.Change { return lifecycle.Unfollowed(noon, s) }

func answers(command bot.Command) func(lifecycle.Snapshot) lifecycle.Change {
	return func(s lifecycle.Snapshot) lifecycle.Change {
		c, _ := lifecycle.Answered(noon, s, lifecycle.Reply{Epoch: s.Epoch, Turn: "line", Command: command})
		return c
	}
}

func toAgent(kind command.Kind, to conversation.AgentID) lifecycle.Act {
	return lifecycle.Act{Kind: kind, Agent: to}
}

func toQueue(kind command.Kind) lifecycle.Act {
	return lifecycle.Act{Kind: kind, Queue: returns}
}

func after(seconds int, do routing.OverflowDo, to conversation.QueueID) routing.Overflow {
	return routing.Overflow{Wait: &routing.OverflowWait{Seconds: seconds, OverflowAction: routing.OverflowAction{Do: do, QueueID: to}}}
}

// untilWritten puts the conversation aside without a time.
func untilWritten(s lifecycle.Snapshot) lifecycle.Snapshot {
	s.Until = time.Time{}
	return s
}
