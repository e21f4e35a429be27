package lifecycle_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

// DSK-6
// The desk of a person says which offers it shows. A program that uses an API token need not, also where a person works beside it.
func TestOffer_shownWithinFiveSeconds(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ shift, bearer, says bool }{
		{true, false, true}, {true, true, false}, {false, true, false}, {false, false, false},
	} {
		s := agentIs(waits(), li, func(a *lifecycle.Agent) { a.Shift, a.Bearer = row.shift, row.bearer })
		s = s.After(offered(s))
		require.Equal(t, row.says, s.Live.ShowBy.Equal(noon.Add(lifecycle.SeenWithin)), row)
		want := conversation.DueKind("")
		if row.says {
			want = conversation.DueUnseen
		}
		require.Equal(t, want, lifecycle.DueNow(noon.Add(lifecycle.SeenWithin), s), row)
		require.Equal(t, conversation.DueOffer, lifecycle.DueNow(noon.Add(2*minute), seenIfAsked(s)), row)
	}
	s := agentIs(had(), zhao, func(a *lifecycle.Agent) { a.Shift = true })
	s = s.After(does(agent(li), toAgent(command.Transfer, zhao))(s))
	require.Equal(t, noon.Add(lifecycle.SeenWithin), s.Live.ShowBy, "also of a transfer")
	s = agentIs(waits(), li, func(a *lifecycle.Agent) { a.Shift = true })
	require.Zero(t, unasked(s).Made.ShowBy, "what is assigned without asking")
}

func seenIfAsked(s lifecycle.Snapshot) lifecycle.Snapshot {
	return s.After(does(agent(li), act(command.Seen))(s))
}

// DSK-6
func TestSeen_leavesTheWholeTime(t *testing.T) {
	t.Parallel()
	s := isAskedAtDesk()
	c := does(agent(li), lifecycle.Act{Kind: command.Seen, Assignment: s.Live.ID})(s)
	live := *s.Live
	live.ShowBy = c.Live.ShowBy
	require.Zero(t, c.Live.ShowBy)
	require.Equal(t, lifecycle.Change{Live: &live}, c, "nobody is told, and the run finds it when its timer fires")
	s = s.After(c)
	require.Zero(t, lifecycle.Due(noon.Add(lifecycle.SeenWithin), s))
	require.Equal(t, lifecycle.Missed, lifecycle.Due(noon.Add(2*minute), s).Over.State)
	require.Equal(t, lifecycle.Change{}, does(agent(li), act(command.Seen))(s), "a repeat")
	require.Equal(t, lifecycle.Change{}, does(agent(li), act(command.Seen))(isAsked()), "nothing is expected of a program")

	accepted := isAskedAtDesk()
	accepted = accepted.After(does(agent(li), act(command.Accept))(accepted))
	require.Zero(t, accepted.Live.ShowBy)
}

// DSK-6
// It is no decline and no missed offer: it is not counted, and the agent's presence stays. Others are asked first.
func TestUnseen_isNoMissedOffer(t *testing.T) {
	t.Parallel()
	s := with(isAskedAtDesk(), func(s *lifecycle.Snapshot) {
		s.Workstream.MissedInactive = true
		s.Item.Declined = map[conversation.AgentID]int{zhao: 1}
		s.Item.QueuedAt = noon.Add(-minute)
	})
	at := noon.Add(lifecycle.SeenWithin)
	c := lifecycle.Due(at, s)
	require.Equal(t, lifecycle.NotSeen, c.Over.State)
	require.Equal(t, map[conversation.AgentID]int{zhao: 1, li: 0}, c.Item.Declined, "asked in vain, without a decline")
	require.True(t, c.Item.Paused[li].After(at))
	require.Equal(t, noon.Add(-minute), c.Item.QueuedAt, "it has never stopped waiting")
	for _, p := range c.Presences {
		require.NotEqual(t, routing.Inactive, p.Presence)
	}
	require.Equal(t, lifecycle.StepOfferOver, c.Steps[0].What)
	require.Equal(t, "unseen", c.Steps[0].Reason)

	transferred := agentIs(had(), zhao, func(a *lifecycle.Agent) { a.Shift = true })
	transferred = transferred.After(does(agent(li), toAgent(command.Transfer, zhao))(transferred))
	require.Equal(t, li, lifecycle.Due(at, transferred).Item.KeptFor, "back to who handed it on")
}
