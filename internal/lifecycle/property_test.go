package lifecycle_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

// house is a ledger in memory: a few conversations and the agents who share them.
type house struct {
	t             *rapid.T
	now           time.Time
	conversations []lifecycle.Snapshot
	agents        map[conversation.AgentID]lifecycle.Agent
}

func newHouse(t *rapid.T) *house {
	h := &house{t: t, now: noon, agents: map[conversation.AgentID]lifecycle.Agent{}}
	for _, id := range []conversation.AgentID{li, zhao, bo} {
		a := free(id)
		a.Units = rapid.SampledFrom([]int{0, 25, 50, 100}).Draw(t, "units")
		a.Shift, a.Bearer = rapid.Bool().Draw(t, "shift"), rapid.Bool().Draw(t, "bearer")
		h.agents[id] = a
	}
	for range 4 {
		s := world()
		s.Workstream.WrapUp = rapid.SampledFrom([]routing.WrapUp{routing.WrapUpAlways, routing.WrapUpNever, routing.WrapUpAfter}).Draw(t, "wrap-up")
		s.Workstream.WrapUpFor = minute
		s.Workstream.PickFromPush = rapid.Bool().Draw(t, "pick from push")
		s.Workstream.RejectDND, s.Workstream.MissedInactive = rapid.Bool().Draw(t, "dnd"), rapid.Bool().Draw(t, "inactive")
		s.Workstream.AgentsSetSkills = true
		s.MaxConversations = rapid.IntRange(1, 3).Draw(t, "most conversations")
		s.Overflow = rapid.SampledFrom([]routing.Overflow{{}, after(600, routing.OverflowEnd, ""), after(600, routing.OverflowTransfer, returns)}).Draw(t, "overflow")
		h.conversations = append(h.conversations, s)
	}
	return h
}

// snapshot is one conversation with what its agents have beside it.
func (h *house) snapshot(n int) lifecycle.Snapshot {
	s := h.conversations[n]
	s.Agents = maps.Clone(h.agents)
	for i, other := range h.conversations {
		if i == n || other.Live == nil {
			continue
		}
		a := s.Agents[other.Live.Agent]
		if until := other.Live.HoldsUntil; until.IsZero() || until.After(h.now) {
			a.Load += other.Live.Units
		}
		if other.State != waiting {
			a.Sessions++
			a.Held++
		}
		s.Agents[a.ID] = a
	}
	return s
}

func (h *house) keep(n int, s lifecycle.Snapshot) {
	for id, a := range s.Agents {
		kept := h.agents[id]
		kept.Presence, kept.Manual = a.Presence, a.Manual
		h.agents[id] = kept
	}
	h.conversations[n] = s
}

// deed is something that happens to a conversation. machine: no person decided it; told: the run must hear of it.
type deed struct {
	change        lifecycle.Change
	machine, told bool
}

func (h *house) deed(s lifecycle.Snapshot) deed {
	agents := []conversation.AgentID{li, zhao, bo}
	one := rapid.SampledFrom(agents).Draw(h.t, "agent")
	switch rapid.IntRange(0, 13).Draw(h.t, "deed") {
	case 0:
		return deed{change: lifecycle.Due(h.now, s), machine: true}
	case 1:
		return deed{change: lifecycle.Wrote(h.now, s, lifecycle.Written{Lines: []lifecycle.Line{{ID: "line", Seq: s.LastSeq}}})}
	case 2:
		return deed{change: lifecycle.RequestHandOver(h.now, s, conversation.EscalatedFailed, "line")}
	case 3, 4:
		ends := rapid.IntRange(0, 9).Draw(h.t, "ends") == 0
		return deed{change: lifecycle.HandOver(h.now, s, routing.Decision{QueueID: tea, End: ends, Notice: routing.NoticeParked})}
	case 5, 6:
		if !lifecycle.Takes(h.now, s, one) {
			return deed{}
		}
		return deed{change: lifecycle.Offer(h.now, s, one, rapid.Bool().Draw(h.t, "unasked")), machine: true, told: true}
	case 7:
		return deed{change: lifecycle.Left(h.now, s, one, rapid.SampledFrom([]lifecycle.Departure{lifecycle.Gone, lifecycle.Disabled}).Draw(h.t, "why")), told: true}
	case 8:
		switch rapid.IntRange(0, 9).Draw(h.t, "end") {
		case 0:
			return deed{change: lifecycle.End(h.now, s, conversation.ClosedIdle)}
		case 1:
			return deed{change: lifecycle.Void(h.now, s)}
		case 2:
			return deed{change: lifecycle.Unfollowed(h.now, s)}
		}
		return deed{}
	}
	who := rapid.SampledFrom([]access.Principal{agent(li), agent(zhao), agent(bo), supervisor}).Draw(h.t, "who")
	want := lifecycle.Act{
		Kind: rapid.SampledFrom(everyAct).Draw(h.t, "act"), Text: rapid.SampledFrom([]string{"", "hello", "[]", "{}"}).Draw(h.t, "text"),
		IfRevision: rapid.SampledFrom([]int64{0, 0, 0, 3}).Draw(h.t, "revision"),
	}
	if rapid.Bool().Draw(h.t, "to a queue") {
		want.Queue = returns
	} else {
		want.Agent = one
	}
	if rapid.Bool().Draw(h.t, "until") {
		want.Until = h.now.Add(time.Hour)
	}
	c, refused := lifecycle.Decide(h.now, s, who, want)
	if refused != "" {
		require.Equal(h.t, lifecycle.Change{}, c, "a refusal changes nothing")
	}
	quiet := want.Kind == command.Note || want.Kind == command.SetContext || want.Kind == command.SetSkills || want.Kind == command.Seen
	return deed{change: c, told: refused == "" && !quiet}
}

var everyAct = []command.Kind{
	command.Accept, command.Accept, command.Reject, command.Pick, command.Reply,
	command.Note, command.Transfer, command.Wait, command.Resume, command.WrapUp,
	command.Close, command.Assign, command.ForceClose, command.SetContext,
	command.SetSkills, command.Resend, command.Seen,
}

func TestLifecycle_holdsWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := newHouse(t)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			h.now = h.now.Add(time.Duration(rapid.IntRange(0, 180).Draw(t, "seconds")) * time.Second)
			n := rapid.IntRange(0, len(h.conversations)-1).Draw(t, "conversation")
			before := h.snapshot(n)
			frozen := encoded(t, before)
			d := h.deed(before)
			require.Equal(t, frozen, encoded(t, before), "the snapshot stays as it was")
			after := before.After(d.change)
			h.changed(before, after, d)
			h.whole(after)
			h.keep(n, after)
			if d.machine {
				h.withinCapacity(h.snapshot(n), before)
			}
		}
	})
}

// changed judges a change by what it says.
func (h *house) changed(before, after lifecycle.Snapshot, d deed) {
	t, c := h.t, d.change
	if before.State == closed {
		require.Nil(t, c.Standing, "closed is final")
		require.Nil(t, c.Wishes)
		require.Nil(t, c.Made)
		require.Empty(t, c.Say)
	}
	stands := c.Standing != nil || c.Wishes != nil && c.Wishes.Ending != ""
	if stands {
		require.Equal(t, before.Revision+1, c.Revision, "whatever alters the standing raises the revision")
		require.True(t, slices.ContainsFunc(c.Feed, func(e lifecycle.Event) bool { return e.Kind == lifecycle.EventStanding }), "and is published")
	}
	require.GreaterOrEqual(t, after.Revision, before.Revision)
	moved := before.Holder != after.Holder || before.Agent != after.Agent || before.State != closed && after.State == closed
	if moved {
		require.Equal(t, before.Epoch+1, after.Epoch)
	} else {
		require.Equal(t, before.Epoch, after.Epoch)
	}
	if moved && before.Agent != "" && after.Agent != before.Agent {
		require.Contains(t, c.Feed, lifecycle.Event{Kind: lifecycle.EventLeft, Agent: before.Agent})
	}
	switch {
	case !d.told:
		require.Nil(t, c.Notice, "the run did it itself, or need not know")
	case stands:
		require.NotNil(t, c.Notice, "somebody else than the run did it")
	}
	if c.Over != nil {
		require.False(t, c.Over.State.Live())
		require.True(t, c.Distribute, "its capacity is free")
	}
}

// whole judges whether what stands in several rows agrees.
func (h *house) whole(s lifecycle.Snapshot) {
	t := h.t
	require.False(t, s.Wishes.Ending != "" && s.Wishes.HandOver != "", "one wish at a time")
	if s.State == closed || s.Wishes.Ending != "" {
		require.Nil(t, s.Live)
		require.Nil(t, s.Item)
		return
	}
	switch {
	case s.Holder == byBot:
		require.Nil(t, s.Item)
		require.Nil(t, s.Live)
	case s.Holder == byAgent:
		require.Equal(t, lifecycle.ItemAssigned, s.Item.State)
		require.Equal(t, []any{lifecycle.Accepted, s.Agent}, []any{s.Live.State, s.Live.Agent})
		require.NotEqual(t, open, s.State)
	case s.State == active:
		require.Equal(t, lifecycle.ItemOffered, s.Item.State)
		require.Equal(t, lifecycle.Offered, s.Live.State)
	default:
		require.Equal(t, open, s.State)
		require.Equal(t, lifecycle.ItemWaiting, s.Item.State)
		require.Nil(t, s.Live)
	}
	require.Equal(t, s.Holder == inQueue, !s.WaitingSince.IsZero())
	if s.Item != nil {
		require.Equal(t, s.Queue, s.Item.Queue)
	}
}

// withinCapacity judges that nobody has more than their capacity who had not before.
func (h *house) withinCapacity(now, before lifecycle.Snapshot) {
	a := now.Live
	if a == nil || before.Live != nil && before.Live.Agent == a.Agent && before.State == now.State {
		return
	}
	who := now.Agents[a.Agent]
	require.LessOrEqual(h.t, who.Load+a.Units, who.Units)
	if now.State != waiting {
		require.Less(h.t, who.Sessions, now.MaxConversations)
	}
}

func encoded(t *rapid.T, s lifecycle.Snapshot) string {
	text, err := json.Marshal(s)
	require.NoError(t, err)
	return string(text)
}
