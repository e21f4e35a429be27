package lifecycle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/notice"
	"wxdesk/internal/routing"
)

func TestHandOver_waitsInTheDecidedQueue(t *testing.T) {
	t.Parallel()
	s := with(begun(wanted), func(s *lifecycle.Snapshot) {
		s.Unsent.Queued, s.LastAgent, s.LastEnded, s.Preferred = 2, zhao, noon.Add(-minute), []conversation.AgentID{bo}
	})
	own := &routing.Overflow{}
	c := lifecycle.HandOver(noon, s, routing.Decision{
		QueueID: tea, Notice: routing.NoticeParked, Alert: "empty-queue", Overflow: own,
		Needs: routing.Needs{Priority: 5, Skills: []routing.NeededSkill{{SkillID: "b"}, {SkillID: "a"}}, Profiles: []routing.ProfileID{"z", "y"}},
	})
	require.Equal(t, &lifecycle.Failure{Reason: lifecycle.ReasonSuperseded}, c.Fail)
	require.Equal(t, s.Epoch+1, c.Standing.Epoch)
	require.Equal(t, noon, c.Standing.WaitingSince)
	require.Equal(t, &lifecycle.Wishes{}, c.Wishes)
	require.True(t, c.NoTurns)
	require.True(t, c.Escalated)
	require.Equal(t, conversation.WorkstreamID("stream"), c.Workstream)
	require.Equal(t, &lifecycle.Item{
		ID: "new-item", Queue: tea, State: lifecycle.ItemWaiting, Mode: routing.Push, Profiles: []routing.ProfileID{"y", "z"},
		Skills: []routing.NeededSkill{{SkillID: "a"}, {SkillID: "b"}}, SkillMatch: routing.SkillExact, Presences: s.Workstream.Presences,
		Overflow: own, QueuedAt: noon, Since: s.LastCustomerAt, KeptFor: zhao, KeptUntil: noon.Add(2 * minute), Priority: 5, Preferred: []conversation.AgentID{bo},
	}, c.NewItem)
	require.Equal(t, []lifecycle.Message{{
		ID: "new-message", Seq: s.LastSeq + 2, Author: conversation.AuthorSystem, Text: notice.Waiting(conversation.LanguageEnglish, "parked"),
		Turn: "line", Part: lifecycle.NoticePart,
	}}, c.Say)
	require.Equal(t, []lifecycle.EventKind{lifecycle.EventMessage, lifecycle.EventAlert, lifecycle.EventStanding, lifecycle.EventStep}, kinds(c))
	require.Equal(t, lifecycle.Event{
		Kind: lifecycle.EventMessage, Queue: tea, Body: lifecycle.MessageBody{MessageID: "new-message", Seq: s.LastSeq + 2, Author: conversation.AuthorSystem},
	}, c.Feed[0], "the automated message is told as every other one")
	require.Nil(t, c.Notice, "the run does it itself")
	require.Zero(t, lifecycle.HandOver(noon, s.After(c), routing.Decision{QueueID: tea}), "repeated it changes nothing")
}

// OVF-3
func TestHandOver_endMakesNoWork(t *testing.T) {
	t.Parallel()
	s := begun(wanted)
	c := lifecycle.HandOver(noon, s, routing.Decision{QueueID: tea, End: true, Notice: routing.NoticeFull})
	require.Nil(t, c.NewItem)
	require.Len(t, c.Say, 1)
	require.Equal(t, &lifecycle.Wishes{Ending: conversation.ClosedOverflow}, c.Wishes)
	require.Equal(t, s.Revision+1, c.Revision)
}

func TestHandOver_withoutAHolderKeepsTheEpoch(t *testing.T) {
	t.Parallel()
	c := routed(nobodys())
	require.Equal(t, conversation.Epoch(1), c.Standing.Epoch)
	require.False(t, c.Escalated)
	require.Equal(t, tea, c.Standing.Queue)
}

func TestHandOver_onlyWhenRequested(t *testing.T) {
	t.Parallel()
	ending := with(world(), func(s *lifecycle.Snapshot) { s.Wishes.Ending = conversation.ClosedByBot })
	for _, s := range []lifecycle.Snapshot{world(), ending, waits(), had()} {
		require.Zero(t, routed(s))
	}
	ending.Wishes.HandOver = conversation.EscalatedByBot
	require.Equal(t, lifecycle.Change{Wishes: &lifecycle.Wishes{Ending: conversation.ClosedByBot}, NoTurns: true}, routed(ending), "people are wished no more")
}

func TestAnswered_commandsBecomeRequests(t *testing.T) {
	t.Parallel()
	says := func(s lifecycle.Snapshot, r lifecycle.Reply) lifecycle.Change {
		c, ok := lifecycle.Answered(noon, s, r)
		require.True(t, ok)
		return c
	}
	require.Zero(t, says(world(), lifecycle.Reply{Epoch: 1, Turn: "line"}))
	require.Equal(t, &lifecycle.Wishes{HandOver: conversation.EscalatedByBot, Turn: "line", Queue: tea},
		says(world(), lifecycle.Reply{Epoch: 1, Turn: "line", Command: bot.CommandEscalate, Queue: tea}).Wishes)
	require.Equal(t, &lifecycle.Wishes{Ending: conversation.ClosedByBot}, says(world(), lifecycle.Reply{Epoch: 1, Command: bot.CommandEnd}).Wishes)
	// Another message is not left unanswered
	require.Zero(t, says(world(), lifecycle.Reply{Epoch: 1, Command: bot.CommandEnd, MoreLines: true}))
	for _, s := range []lifecycle.Snapshot{begun(wanted), waits(), begun(answers(bot.CommandEnd))} {
		_, ok := lifecycle.Answered(noon, s, lifecycle.Reply{Epoch: 1})
		require.False(t, ok)
		require.Zero(t, wanted(s))
	}
	_, ok := lifecycle.Answered(noon, world(), lifecycle.Reply{Epoch: 2})
	require.False(t, ok)
}

func TestWrote_feedsTheLines(t *testing.T) {
	t.Parallel()
	line := lifecycle.MessageBody{MessageID: "line-2", Seq: 2, Author: conversation.AuthorCustomer}
	require.Equal(t, lifecycle.Change{Feed: []lifecycle.Event{{Kind: lifecycle.EventMessage, Body: line}}}, writes(world()),
		"of the bot's conversation supervisors are told")
	c := writes(waits())
	require.Zero(t, c.Revision)
	require.Equal(t, []lifecycle.Event{{
		Kind: lifecycle.EventMessage, Queue: tea, Body: line,
	}}, c.Feed)
	require.Equal(t, li, writes(had()).Feed[0].Agent)
	require.Equal(t, li, writes(isAsked()).Feed[0].Agent)
}

func TestSaid_feedsTheBotsLines(t *testing.T) {
	t.Parallel()
	require.Equal(t, []lifecycle.Event{
		{Kind: lifecycle.EventMessage, Body: lifecycle.MessageBody{MessageID: "a", Seq: 2, Author: conversation.AuthorBot}},
		{Kind: lifecycle.EventMessage, Body: lifecycle.MessageBody{MessageID: "b", Seq: 3, Author: conversation.AuthorBot}},
	}, lifecycle.Said(world(), []lifecycle.Line{{ID: "a", Seq: 2}, {ID: "b", Seq: 3}}))
	require.Empty(t, lifecycle.Said(world(), nil))
}

// WS-11
func TestWrote_keptForTheSameAgent(t *testing.T) {
	t.Parallel()
	require.Equal(t, li, writes(aside()).Item.KeptFor)
	require.Empty(t, writes(with(aside(), func(s *lifecycle.Snapshot) { s.Workstream.Affinity = false })).Item.KeptFor)
	c := writes(aside())
	require.Contains(t, c.Feed, lifecycle.Event{Kind: lifecycle.EventLeft, Agent: li})
	require.True(t, c.Distribute)
}

// QUE-3
func TestWrote_keepsThePlaceInTheQueue(t *testing.T) {
	t.Parallel()
	require.Nil(t, writes(waits()).Item, "a line of a customer who waits moves them nowhere")
	require.Nil(t, writes(isAsked()).Item)
	require.Equal(t, noon, writes(aside()).Item.Since, "a customer who comes back does not jump the line")
	noRoom := agentIs(aside(), li, func(a *lifecycle.Agent) { a.Load = 90 })
	require.Equal(t, noon.Add(time.Hour), due(noon.Add(time.Hour))(noRoom).Item.Since)
}

// D2
func TestKept_forOneCountdownOrAlways(t *testing.T) {
	t.Parallel()
	c := writes(aside())
	require.Equal(t, noon.Add(2*minute), c.Item.KeptUntil)
	require.Equal(t, noon.Add(2*minute), c.DistributeAt, "somebody looks when that is over")
	c = writes(with(aside(), func(s *lifecycle.Snapshot) { s.Workstream.AffinityAlways = true }))
	require.True(t, c.Item.KeptUntil.After(noon.AddDate(1000, 0, 0)))
	require.Zero(t, c.DistributeAt)
	require.Zero(t, writes(with(aside(), func(s *lifecycle.Snapshot) { s.Workstream.Affinity = false })).Item.KeptUntil)

	s := had().After(does(agent(li), toAgent(command.Transfer, zhao))(had()))
	c = does(agent(zhao), act(command.Reject))(s)
	require.Equal(t, noon.Add(2*minute), c.Item.KeptUntil)
}

// WS-11
// The agent who had the customer's last conversation is asked first only if it ended no longer ago than the workstream says.
func TestHandOver_affinityHasAMaximumAge(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{time.Hour, 30 * 24 * time.Hour, 366 * 24 * time.Hour} {
		routedAfter := func(since time.Duration) *lifecycle.Item {
			return routed(with(begun(wanted), func(s *lifecycle.Snapshot) {
				s.Workstream.AffinityAge, s.LastAgent, s.LastEnded = age, zhao, noon.Add(-since)
			})).NewItem
		}
		require.Equal(t, zhao, routedAfter(age).KeptFor, age)
		require.Equal(t, noon.Add(2*minute), routedAfter(age).KeptUntil, age)
		require.Empty(t, routedAfter(age+1).KeptFor, age)
		require.Zero(t, routedAfter(age+1).KeptUntil, age)
	}
}

// D3
func TestWrote_wrapUpTakesCapacityAgain(t *testing.T) {
	t.Parallel()
	s := with(had(), func(s *lifecycle.Snapshot) { s.Workstream.WrapUp = routing.WrapUpNever })
	s = s.After(does(agent(li), act(command.WrapUp))(s))
	require.Empty(t, taken(s))
	require.Equal(t, 25, taken(s.After(writes(s)))[li])
}

func TestWrote_beginning(t *testing.T) {
	t.Parallel()
	first := []lifecycle.Line{{ID: "line", Seq: 1}}
	c := lifecycle.Wrote(noon, world(), lifecycle.Written{Begun: true, Lines: first})
	require.Equal(t, lifecycle.Change{Feed: []lifecycle.Event{
		{Kind: lifecycle.EventStanding},
		{Kind: lifecycle.EventMessage, Body: lifecycle.MessageBody{MessageID: "line", Seq: 1, Author: conversation.AuthorCustomer}},
	}}, c)
	c = lifecycle.Wrote(noon, world(), lifecycle.Written{Begun: true, NoBot: true, Lines: first})
	require.Equal(t, &lifecycle.Wishes{HandOver: conversation.EscalatedNoBot, Turn: "line"}, c.Wishes)
}

// OVF-5
func TestDue_overflowGoesOnWithinLimits(t *testing.T) {
	t.Parallel()
	s := with(waits(), func(s *lifecycle.Snapshot) { s.Overflow = after(60, routing.OverflowTransfer, returns) })
	late := noon.Add(minute)
	c := lifecycle.Due(late, s)
	require.Equal(t, returns, c.Item.Queue)
	require.Equal(t, late, c.Item.QueuedAt)
	require.Equal(t, &lifecycle.Trace{Stage: lifecycle.StageOverflow, Body: lifecycle.OverflowTrace{From: tea, To: returns}}, c.Trace)
	for reason, s := range map[string]lifecycle.Snapshot{
		"too-many-hops": with(s, func(s *lifecycle.Snapshot) { s.Hops = routing.MaxHops }),
		"no-such-queue": with(s, func(s *lifecycle.Snapshot) { s.Queues = nil }),
		"no-action":     with(s, func(s *lifecycle.Snapshot) { s.Overflow = after(60, routing.OverflowAssign, "") }),
	} {
		c := lifecycle.Due(late, s)
		require.Equal(t, reason, c.Trace.Body.(lifecycle.OverflowTrace).Reason)
		require.Nil(t, c.Standing)
		require.Equal(t, late, c.Item.QueuedAt, "its time begins anew")
		require.Equal(t, s.Revision+1, c.Revision)
	}
}

func TestDue_ruleOverflowReplacesTheQueues(t *testing.T) {
	t.Parallel()
	own := after(30, routing.OverflowTransfer, returns)
	s := with(waits(), func(s *lifecycle.Snapshot) {
		s.Overflow, s.Item.Overflow = after(60, routing.OverflowEnd, ""), &own
	})
	c := lifecycle.Due(noon.Add(30*time.Second), s)
	require.Equal(t, returns, c.Item.Queue)
	require.Nil(t, c.Item.Overflow, "it counts for the queue that the rule chose")
}

func TestDue_overflowToEndTellsTheCustomer(t *testing.T) {
	t.Parallel()
	s := with(waits(), func(s *lifecycle.Snapshot) { s.Overflow = after(60, routing.OverflowEnd, "") })
	c := lifecycle.Due(noon.Add(minute), s)
	require.Equal(t, notice.Waiting(conversation.LanguageEnglish, "full"), c.Say[0].Text)
	require.Equal(t, lifecycle.ItemDone, c.Item.State)
	require.Zero(t, lifecycle.Due(noon.Add(time.Hour), s.After(c)), "once")
}

func TestTiming_listsWhatFallsDue(t *testing.T) {
	t.Parallel()
	kindsOf := func(s lifecycle.Snapshot) (list []conversation.DueKind) {
		for at := range 800 {
			if k := lifecycle.DueNow(noon.Add(time.Duration(at)*time.Hour), s); k != "" && (len(list) == 0 || list[len(list)-1] != k) {
				list = append(list, k)
			}
		}
		return list
	}
	require.Empty(t, kindsOf(world()))
	require.Equal(t, []conversation.DueKind{conversation.DueLimit}, kindsOf(waits()))
	require.Equal(t, []conversation.DueKind{conversation.DueOffer}, kindsOf(isAsked()))
	require.Equal(t, []conversation.DueKind{conversation.DueReturn}, kindsOf(aside()))
	require.Equal(t, []conversation.DueKind{conversation.DueIdle}, kindsOf(untilWritten(aside())))
	require.Equal(t, []conversation.DueKind{conversation.DueLimit}, kindsOf(wrapsUp()))
}

func TestLeft_returnsTheWorkForAnybody(t *testing.T) {
	t.Parallel()
	s := with(had(), func(s *lifecycle.Snapshot) { s.Unsent.Queued = 1 })
	c := leaves(lifecycle.Gone)(s)
	require.Equal(t, lifecycle.Ended, c.Over.State)
	require.Empty(t, c.Item.KeptFor)
	require.Equal(t, noon, c.Item.QueuedAt)
	require.Equal(t, &lifecycle.Failure{Reason: lifecycle.ReasonSuperseded, NotifyAgent: li}, c.Fail)
	require.Equal(t, &lifecycle.Notice{Act: lifecycle.ActUnassigned, Assignment: true}, c.Notice)
	require.Nil(t, c.Trace)

	offered := with(isAsked(), func(s *lifecycle.Snapshot) { s.Item.QueuedAt = noon.Add(-minute) })
	c = leaves(lifecycle.Gone)(offered)
	require.Equal(t, lifecycle.Withdrawn, c.Over.State)
	require.Equal(t, offered.Epoch, c.Standing.Epoch, "nobody had it")
	require.Equal(t, noon.Add(-minute), c.Item.QueuedAt)

	for _, s := range []lifecycle.Snapshot{world(), waits(), aside(), wrapsUp(), had().After(lifecycle.End(noon, had(), conversation.ClosedByPerson))} {
		require.Zero(t, leaves(lifecycle.Gone)(s))
	}
	require.Zero(t, lifecycle.Left(noon, had(), zhao, lifecycle.Gone), "it is not theirs")
	require.Equal(t, &lifecycle.Trace{Stage: lifecycle.StageCommand, Body: lifecycle.DepartureTrace{Command: lifecycle.Disabled, AgentID: li}},
		leaves(lifecycle.Disabled)(wrapsUp()).Trace)
}

func TestOffer_onlyOfWhatWaits(t *testing.T) {
	t.Parallel()
	c := offered(with(waits(), func(s *lifecycle.Snapshot) { s.Item.KeptFor = li }))
	require.Equal(t, li, c.Item.KeptFor, "until it is accepted")
	require.Empty(t, offered(with(waits(), func(s *lifecycle.Snapshot) { s.Item.KeptFor = zhao })).Item.KeptFor, "it was kept for zhao long enough")
	require.Equal(t, []any{lifecycle.Offered, noon.Add(2 * minute)}, []any{c.Made.State, c.Made.Deadline})
	require.Equal(t, []lifecycle.EventKind{lifecycle.EventOffer, lifecycle.EventPresence, lifecycle.EventStanding, lifecycle.EventStep}, kinds(c))
	require.Equal(t, &lifecycle.Notice{Act: lifecycle.ActAssigned, Assignment: true}, c.Notice)
	require.Equal(t, lifecycle.Directly, unasked(waits()).Made.How)
	for _, s := range []lifecycle.Snapshot{world(), isAsked(), had(), aside(), wrapsUp()} {
		require.Zero(t, offered(s))
	}
}

func TestEnd_failsWhatIsUnsent(t *testing.T) {
	t.Parallel()
	s := with(had(), func(s *lifecycle.Snapshot) { s.Unsent.Queued = 1 })
	c := lifecycle.End(noon, s, conversation.ClosedByPerson)
	require.Equal(t, &lifecycle.Failure{Reason: lifecycle.ReasonClosed, Automated: true, NotifyAgent: li}, c.Fail)
	require.Equal(t, s.Epoch+1, c.Standing.Epoch)
	require.Equal(t, tea, c.Standing.Queue, "which queue it was in stays to be read")
	require.Zero(t, lifecycle.End(noon, s.After(c), conversation.ClosedByPerson))
}

func TestVoid_sendsNoNotice(t *testing.T) {
	t.Parallel()
	c := voids(had())
	require.Equal(t, []any{lifecycle.Voided, conversation.ClosedSuperseded, true}, []any{c.Over.State, c.Standing.Reason, c.DropNotice})
	left := with(had(), func(s *lifecycle.Snapshot) { s.State = closed })
	c = voids(left)
	require.Nil(t, c.Standing)
	require.Equal(t, []any{lifecycle.Voided, lifecycle.ItemDone}, []any{c.Over.State, c.Item.State})
	require.Equal(t, lifecycle.Change{DropNotice: true}, voids(left.After(c)))
}

// The run may not know yet that somebody was given the conversation.
func TestEnd_idleSparesAssignedConversations(t *testing.T) {
	t.Parallel()
	for _, s := range []lifecycle.Snapshot{had(), aside(), wrapsUp(), waits().After(offered(waits()))} {
		require.True(t, lifecycle.End(noon, s, conversation.ClosedIdle).Nothing())
	}
	require.False(t, lifecycle.End(noon, waits(), conversation.ClosedIdle).Nothing())
}

// What a batch writes for an offer: nothing else may follow from one.
func TestOffer_changesOnlyWhatBatchesWrite(t *testing.T) {
	t.Parallel()
	s := with(waits(), func(s *lifecycle.Snapshot) { s.Unsent.Queued, s.Item.KeptFor, s.Item.KeptUntil = 1, zhao, noon })
	for _, c := range []lifecycle.Change{offered(s), unasked(s)} {
		require.Equal(t, []any{s.Item.Declined, s.Item.Paused, s.Item.Queue, s.Item.QueuedAt, s.Item.Since},
			[]any{c.Item.Declined, c.Item.Paused, c.Item.Queue, c.Item.QueuedAt, c.Item.Since})
		for _, p := range c.Presences {
			require.False(t, p.Reset)
		}
		if c.Fail != nil {
			require.Empty(t, c.Fail.NotifyAgent)
		}
		c.Revision, c.Standing, c.Made, c.Item, c.Fail, c.Presences, c.Feed, c.Notice, c.Steps = 0, nil, nil, nil, nil, nil, nil, nil, nil
		require.Zero(t, c)
	}
}

func TestOfferAll_countsEarlierMatches(t *testing.T) {
	t.Parallel()
	batch := make([]lifecycle.Match, 4)
	for n := range batch {
		batch[n] = lifecycle.Match{Snapshot: waits(), To: li, Unasked: n == 1}
	}
	batch[2].To = zhao
	agents := map[conversation.AgentID]lifecycle.Agent{
		li:   agentIs(world(), li, func(a *lifecycle.Agent) { a.Units, a.Manual = 75, true }).Agents[li],
		zhao: free(zhao),
	}
	changes := lifecycle.OfferAll(noon, batch, agents)
	presences := map[conversation.AgentID][]lifecycle.PresenceChange{}
	told := 0
	for n, c := range changes {
		require.Equal(t, noon.Add(time.Duration(n)*time.Microsecond), c.Made.OfferedAt, "it is known who was asked longest ago")
		for _, p := range c.Presences {
			presences[p.Agent] = append(presences[p.Agent], p)
		}
		for _, e := range c.Feed {
			if e.Kind == lifecycle.EventPresence {
				told++
			}
		}
	}
	require.Len(t, presences[li], 1, "one new presence, after the last")
	require.Equal(t, []any{routing.DND, false}, []any{presences[li][0].Presence, presences[li][0].Manual}, "full, and what they chose ended with the accepted one")
	require.Equal(t, routing.Busy, presences[zhao][0].Presence)
	require.Equal(t, 2, told)
	require.Equal(t, []int{75, 3}, []int{agents[li].Load, agents[li].Sessions})
}
