package lifecycle_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
	"wxdesk/internal/wechat"
)

// S5
func TestDecide_refuses(t *testing.T) {
	t.Parallel()
	pickable := with(waits(), func(s *lifecycle.Snapshot) { s.Workstream.PickFromPush = true })
	skilled := with(pickable, func(s *lifecycle.Snapshot) { s.Item.Skills = []routing.NeededSkill{{SkillID: "tea", Rating: 5}} })
	profiled := with(pickable, func(s *lifecycle.Snapshot) { s.Item.Profiles = []routing.ProfileID{"chats"} })
	ending := with(had(), func(s *lifecycle.Snapshot) { s.Wishes.Ending = conversation.ClosedByAgent })
	ended := had().After(lifecycle.End(noon, had(), conversation.ClosedByPerson))
	shut := with(had(), func(s *lifecycle.Snapshot) { s.Target.Hours = &routing.Hours{TimeZone: "UTC"} })
	for _, row := range []struct {
		name string
		s    lifecycle.Snapshot
		who  access.Principal
		want lifecycle.Act
		why  command.Refusal
	}{
		{"S5 unseen", with(had(), unseen), agent(zhao), act(command.Note), lifecycle.Unseen},
		{"S5 nobody's token", had(), access.Principal{Role: access.RoleAgent}, reply("hello"), lifecycle.Unseen},
		{"S5 closed, in a queue of theirs", with(ended, func(s *lifecycle.Snapshot) { s.Accepted = false }), agent(zhao), reply("hello"), lifecycle.Unseen},
		{"S5 an offer that is over", with(had(), askedOnce), agent(zhao), act(command.Accept), command.RefusedOfferOver},
		{"S5 an offer that is over: note", with(had(), askedOnce), agent(zhao), act(command.Note), lifecycle.Unseen},
		{"a disabled agent", agentIs(had(), li, disabled), agent(li), reply("hello"), command.RefusedNotYours},
		{"unseen before stale", with(had(), unseen), agent(zhao), lifecycle.Act{Kind: command.Note, IfRevision: 1}, lifecycle.Unseen},
		{"stale", had(), agent(li), lifecycle.Act{Kind: command.Wait, IfRevision: 1}, command.RefusedStale},
		{"stale before closed", ended, agent(li), lifecycle.Act{Kind: command.Wait, IfRevision: 1}, command.RefusedStale},
		{"closed", ended, agent(li), reply("hello"), command.RefusedClosed},
		{"closed by force", ended, supervisor, act(command.ForceClose), command.RefusedClosed},
		{"the end is wished", ending, agent(li), reply("hello"), command.RefusedClosed},
		{"the end is wished: close", ending, agent(li), act(command.Close), command.RefusedClosed},
		{"the end is wished: note", ending, supervisor, act(command.Note), command.RefusedClosed},
		{"no such act", had(), agent(li), act("sing"), command.RefusedNotAllowed},

		{"accept: nobody is asked", had(), agent(li), act(command.Accept), command.RefusedOfferOver},
		{"accept: somebody else is asked", isAsked(), agent(zhao), act(command.Accept), command.RefusedOfferOver},
		{"accept: another offer", isAsked(), agent(li), lifecycle.Act{Kind: command.Accept, Assignment: "other"}, command.RefusedOfferOver},
		{"accept: no agent", isAsked(), supervisor, act(command.Accept), command.RefusedNotAllowed},
		{"reject: taken already", had(), agent(li), act(command.Reject), command.RefusedOfferOver},

		{"seen: nobody is asked", had(), agent(li), act(command.Seen), command.RefusedOfferOver},
		{"seen: somebody else is asked", isAskedAtDesk(), agent(zhao), act(command.Seen), command.RefusedOfferOver},
		{"seen: another offer", isAskedAtDesk(), agent(li), lifecycle.Act{Kind: command.Seen, Assignment: "other"}, command.RefusedOfferOver},
		{"seen: no agent", isAskedAtDesk(), supervisor, act(command.Seen), command.RefusedNotAllowed},
		{"S5 an offer that is over: seen", with(had(), askedOnce), agent(zhao), act(command.Seen), command.RefusedOfferOver},
		{"S5 seen: a conversation of others", with(had(), unseen), agent(zhao), act(command.Seen), lifecycle.Unseen},

		{"pick: no agent", pickable, supervisor, act(command.Pick), command.RefusedNotAllowed},
		{"pick: the bot has it", world(), agent(li), act(command.Pick), command.RefusedState},
		{"pick: it is in no queue yet", nobodys(), agent(li), act(command.Pick), command.RefusedState},
		{"pick: WS-4 it is offered", waits(), agent(li), act(command.Pick), command.RefusedState},
		{"pick: somebody is being asked", isAsked(), agent(zhao), act(command.Pick), command.RefusedOfferOver},
		{"pick: not a member", with(pickable, func(s *lifecycle.Snapshot) { s.Member = false }), agent(li), act(command.Pick), command.RefusedNotYours},
		{"pick: at capacity", agentIs(pickable, li, loaded(80)), agent(li), act(command.Pick), command.RefusedCapacity},
		{"pick: no new work", agentIs(pickable, li, func(a *lifecycle.Agent) { a.Units = 0 }), agent(li), act(command.Pick), command.RefusedCapacity},
		{"pick: as many as the tenant allows", agentIs(pickable, li, sessions(10)), agent(li), act(command.Pick), command.RefusedCapacity},
		{"pick: WS-14 as many as the workstream allows", perAgent(pickable, 1), agent(li), act(command.Pick), command.RefusedCapacity},
		{"pick: CAP-5 a profile that they have not", profiled, agent(li), act(command.Pick), command.RefusedCapacity},
		{"pick: CAP-4 blocked by a profile", agentIs(pickable, li, blocked), agent(li), act(command.Pick), command.RefusedCapacity},
		{"pick: presence", agentIs(pickable, li, presence(routing.DND)), agent(li), act(command.Pick), command.RefusedPresence},
		{"pick: SKL-2 without the skill", skilled, agent(li), act(command.Pick), command.RefusedSkill},
		{"pick: SKL-2 not good enough", agentIs(skilled, li, rated(4)), agent(li), act(command.Pick), command.RefusedSkill},

		{"reply: a colleague's", had(), agent(zhao), reply("hello"), command.RefusedNotYours},
		{"reply: put aside", aside(), agent(li), reply("hello"), command.RefusedState},
		{"reply: blank", had(), agent(li), reply(" \n"), command.RefusedText},
		{"reply: too long", had(), agent(li), reply(strings.Repeat("x", wechat.MaxTextBytes+1)), command.RefusedText},
		{"reply: window closed", with(had(), func(s *lifecycle.Snapshot) { s.Allowance.MessageUntil = noon }), agent(li), reply("hello"), command.RefusedWindow},
		{"reply: allowance spent", allowed(had(), 0, 0), agent(li), reply("hello"), command.RefusedAllowance},
		{"reply: allowance spent by what is queued", allowed(had(), 1, 1), agent(li), reply("hello"), command.RefusedAllowance},
		{"note: blank", had(), agent(li), act(command.Note), command.RefusedText},
		{"resend: it arrived", messageIs(had(), conversation.DeliverySent), agent(li), again, command.RefusedDelivered},
		{"resend: it is on its way", messageIs(had(), conversation.DeliveryQueued), agent(li), again, command.RefusedDelivered},
		{"resend: no such message", had(), agent(li), again, command.RefusedDelivered},
		{"resend: a colleague's", messageIs(had(), conversation.DeliveryFailed), agent(zhao), again, command.RefusedNotYours},
		{"set-context: undeclared", had(), agent(li), lifecycle.Act{Kind: command.SetContext, Text: `{"x": "1"}`}, command.RefusedVariable},
		{"set-context: no object", had(), agent(li), lifecycle.Act{Kind: command.SetContext, Text: `[]`}, command.RefusedText},
		{"set-skills: not allowed to agents", had(), agent(li), skills(`[]`), command.RefusedNotAllowed},
		{"set-skills: unknown", had(), supervisor, skills(`[{"skill_id": "tea", "rating": 5}]`), command.RefusedUnknownSkill},
		{"set-skills: nothing is asked of people", world(), supervisor, skills(`[]`), command.RefusedState},

		{"transfer: a colleague's", had(), agent(zhao), toQueue(command.Transfer), command.RefusedNotYours},
		{"transfer: put aside", aside(), agent(li), toQueue(command.Transfer), command.RefusedState},
		{"transfer: the bot has it", world(), supervisor, toQueue(command.Transfer), command.RefusedState},
		{"transfer: nowhere", had(), agent(li), act(command.Transfer), command.RefusedTarget},
		{"transfer: to both", had(), agent(li), lifecycle.Act{Kind: command.Transfer, Queue: returns, Agent: zhao}, command.RefusedTarget},
		{"transfer: TRF-3 nobody there", with(had(), func(s *lifecycle.Snapshot) { s.Target = &lifecycle.Target{ID: returns} }), agent(li), toQueue(command.Transfer), command.RefusedTarget},
		{"transfer: TRF-1 closed now", shut, agent(li), toQueue(command.Transfer), command.RefusedTarget},
		{"transfer: no such queue", with(had(), func(s *lifecycle.Snapshot) { s.Target = nil }), agent(li), toQueue(command.Transfer), command.RefusedTarget},
		{"transfer: TRF-2 not allowed", with(had(), func(s *lifecycle.Snapshot) { s.Workstream.TransferToAgents = false }), agent(li), toAgent(command.Transfer, zhao), command.RefusedNotAllowed},
		{"transfer: TRF-2 away", agentIs(had(), zhao, presence(routing.Away)), agent(li), toAgent(command.Transfer, zhao), command.RefusedTarget},
		{"transfer: TRF-2 disabled", agentIs(had(), zhao, disabled), agent(li), toAgent(command.Transfer, zhao), command.RefusedTarget},
		{"transfer: TRF-2 to oneself", had(), agent(li), toAgent(command.Transfer, li), command.RefusedTarget},
		{"transfer: TRF-2 nobody", had(), agent(li), toAgent(command.Transfer, "nobody"), command.RefusedTarget},
		{"assign: an agent", waits(), agent(li), toAgent(command.Assign, li), command.RefusedNotAllowed},
		{"assign: the bot has it", world(), supervisor, toAgent(command.Assign, li), command.RefusedState},
		{"assign: wrapped up", wrapsUp(), supervisor, toAgent(command.Assign, zhao), command.RefusedState},
		{"assign: to who has it", had(), supervisor, toAgent(command.Assign, li), command.RefusedTarget},
		{"assign: to the same queue", with(waits(), func(s *lifecycle.Snapshot) { s.Target.ID = tea }), supervisor, lifecycle.Act{Kind: command.Assign, Queue: tea}, command.RefusedTarget},
		{"assign: SUP-3 presence", agentIs(waits(), li, presence(routing.Away)), supervisor, toAgent(command.Assign, li), command.RefusedPresence},

		{"wait: a colleague's", had(), agent(zhao), act(command.Wait), command.RefusedNotYours},
		{"wait: put aside already", aside(), agent(li), act(command.Wait), command.RefusedState},
		{"resume: not put aside", had(), agent(li), act(command.Resume), command.RefusedState},
		{"resume: a colleague's", aside(), agent(zhao), act(command.Resume), command.RefusedNotYours},
		{"resume: at capacity", agentIs(aside(), li, loaded(76)), agent(li), act(command.Resume), command.RefusedCapacity},
		{"resume: as many as the tenant allows", agentIs(aside(), li, sessions(10)), agent(li), act(command.Resume), command.RefusedCapacity},
		{"end: wrapped up already", wrapsUp(), agent(li), act(command.WrapUp), command.RefusedState},
		{"close: a colleague's", had(), agent(zhao), act(command.Close), command.RefusedNotYours},
		{"force-close: an agent", had(), agent(li), act(command.ForceClose), command.RefusedNotAllowed},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c, refused := lifecycle.Decide(noon, row.s, row.who, row.want)
			require.Equal(t, row.why, refused)
			require.Equal(t, lifecycle.Change{}, c)
		})
	}
}

func TestReply_queuedInTheAgentsEpoch(t *testing.T) {
	t.Parallel()
	s := had()
	c := does(agent(li), reply("Good morning"))(s)
	require.Equal(t, []lifecycle.Message{{
		ID: "new-message", Seq: s.LastSeq + 1, Author: conversation.AuthorAgent, Agent: li, Text: "Good morning", Epoch: s.Epoch,
	}}, c.Say)
	require.Equal(t, conversation.MessageID("new-message"), c.MessageID())
	require.Zero(t, c.Revision)
	require.Equal(t, &lifecycle.Notice{Act: "reply"}, c.Notice)
	require.Equal(t, []lifecycle.Event{{
		Kind: lifecycle.EventMessage, Agent: li, Body: lifecycle.MessageBody{MessageID: "new-message", Seq: s.LastSeq + 1, Author: conversation.AuthorAgent},
	}}, c.Feed)
}

// What a command writes has the command's id, and its event the key, for who sent it.
func TestDecide_writesUnderTheCommandsID(t *testing.T) {
	t.Parallel()
	for _, kind := range []command.Kind{command.Reply, command.Note} {
		c := does(agent(li), lifecycle.Act{Kind: kind, Text: "hello", ID: "command", Key: "key-1"})(had())
		require.Equal(t, conversation.MessageID("command"), c.MessageID())
		told, err := json.Marshal(c.Feed[0].Body)
		require.NoError(t, err)
		require.Contains(t, string(told), `"key":"key-1","key_of":"token of li"`, kind)
	}
	plain := does(agent(li), reply("hello"))(had())
	require.Equal(t, lifecycle.Keyed{}, plain.Feed[0].Body.(lifecycle.MessageBody).Keyed)
}

func TestResend_onlyWhatDidNotArrive(t *testing.T) {
	t.Parallel()
	for _, status := range []conversation.DeliveryStatus{conversation.DeliveryFailed, conversation.DeliveryUnknown} {
		for _, who := range []access.Principal{agent(li), supervisor} {
			s := messageIs(had(), status)
			require.Equal(t, &lifecycle.Resend{ID: "message", Epoch: s.Epoch}, does(who, again)(s).Resend)
		}
	}
}

func TestNotice_onlyOfWhatTheRunNeeds(t *testing.T) {
	t.Parallel()
	s := with(had(), func(s *lifecycle.Snapshot) { s.Workstream.Variables = []routing.Variable{{Name: "cups", Number: true}} })
	for _, want := range []lifecycle.Act{
		{Kind: command.Note, Text: "hm"}, skills(`[]`), {Kind: command.SetContext, Text: `{"cups": 2}`},
	} {
		require.Nil(t, does(supervisor, want)(s).Notice, want.Kind)
	}
	require.Equal(t, &lifecycle.Notice{Act: "transfer", Assignment: true}, does(agent(li), toQueue(command.Transfer))(s).Notice)
	require.Equal(t, &lifecycle.Notice{Act: "close"}, does(agent(li), act(command.Close))(s).Notice)
}

func TestClose_waitsForUnsentMessages(t *testing.T) {
	t.Parallel()
	for _, unsent := range []lifecycle.Unsent{{Queued: 1}, {Sending: 1}} {
		s := with(had(), func(s *lifecycle.Snapshot) { s.Unsent = unsent })
		c := does(agent(li), act(command.Close))(s)
		require.Nil(t, c.Standing)
		require.Nil(t, c.Fail, "it can still be sent")
		now := s.After(c)
		require.Equal(t, conversation.ClosedByAgent, now.Wishes.Ending)
		require.Nil(t, now.Live)
		require.Nil(t, now.Item)
		require.Empty(t, lifecycle.DueNow(noon.Add(conversation.ActiveLimit), now))

		forced := now.After(does(supervisor, act(command.ForceClose))(now))
		require.Equal(t, []any{closed, conversation.ClosedByForce}, []any{forced.State, forced.Reason})
		byRun := now.After(lifecycle.End(noon, now, conversation.ClosedByPerson))
		require.Equal(t, []any{closed, conversation.ClosedByAgent}, []any{byRun.State, byRun.Reason}, "the reason that was wished")
	}
}

func TestTransfer_failsUnsentReplies(t *testing.T) {
	t.Parallel()
	s := with(had(), func(s *lifecycle.Snapshot) { s.Unsent.Queued = 1 })
	c := does(agent(li), toQueue(command.Transfer))(s)
	require.Equal(t, &lifecycle.Failure{Reason: lifecycle.ReasonSuperseded, NotifyAgent: li}, c.Fail)
	require.Equal(t, s.Epoch+1, c.Standing.Epoch)
	require.Contains(t, c.Feed, lifecycle.Event{Kind: lifecycle.EventLeft, Agent: li})
	require.Equal(t, returns, c.Item.Queue)
	require.Empty(t, c.Item.KeptFor)
}

func TestTransferToAgent_returnsWhenDeclined(t *testing.T) {
	t.Parallel()
	s := had().After(does(agent(li), toAgent(command.Transfer, zhao))(had()))
	require.Equal(t, []any{zhao, lifecycle.Offered, lifecycle.ByTransfer}, []any{s.Live.Agent, s.Live.State, s.Live.How})
	c := does(agent(zhao), act(command.Reject))(s)
	require.Equal(t, li, c.Item.KeptFor)
	require.Equal(t, map[conversation.AgentID]int{zhao: 1}, c.Item.Declined)
	require.Equal(t, noon, c.Item.QueuedAt, "it waits from now on")
}

func TestReject_countsAndPauses(t *testing.T) {
	t.Parallel()
	s := with(isAsked(), func(s *lifecycle.Snapshot) {
		s.Workstream.DeclinePause, s.Workstream.RejectDND = minute, true
		s.Item.KeptFor, s.Item.QueuedAt = li, noon.Add(-minute)
	})
	c := does(agent(li), act(command.Reject))(s)
	require.Equal(t, 1, c.Item.Declined[li])
	require.Equal(t, noon.Add(minute), c.Item.Paused[li])
	require.Empty(t, c.Item.KeptFor, "not for who declined")
	require.Equal(t, noon.Add(-minute), c.Item.QueuedAt, "it has never stopped waiting")
	require.Equal(t, lifecycle.Rejected, c.Over.State)
	require.Equal(t, []lifecycle.PresenceChange{{Agent: li, Presence: routing.DND, Manual: true, Since: noon, Reset: true}}, c.Presences)
	require.Empty(t, s.Item.Declined, "the snapshot stays as it was")
}

func TestMissed_agentMayBecomeInactive(t *testing.T) {
	t.Parallel()
	s := with(isAsked(), func(s *lifecycle.Snapshot) { s.Workstream.MissedInactive = true })
	c := lifecycle.Due(noon.Add(2*minute), s)
	require.Equal(t, lifecycle.Missed, c.Over.State)
	require.Equal(t, routing.Inactive, c.Presences[0].Presence)
	require.Zero(t, lifecycle.Due(noon.Add(2*minute-1), s), "not yet")
}

func TestAssign_supervisorMayExceedCapacity(t *testing.T) {
	t.Parallel()
	s := agentIs(waits(), li, func(a *lifecycle.Agent) { a.Load = 100 })
	c := does(supervisor, toAgent(command.Assign, li))(s)
	require.Equal(t, []any{lifecycle.BySupervisor, lifecycle.Accepted}, []any{c.Made.How, c.Made.State})
	require.Equal(t, routing.DND, c.Presences[0].Presence, "PRE-4: more than they can")
}

func TestPutAside_takesNoSession(t *testing.T) {
	t.Parallel()
	s := agentIs(had(), li, sessions(9))
	s = agentIs(s, li, presence(routing.DND))
	c := does(agent(li), act(command.Wait))(s)
	require.Equal(t, routing.Available, c.Presences[0].Presence, "nine of ten, and no units")
	back := does(agent(li), act(command.Resume))(s.After(c))
	require.Equal(t, routing.DND, back.Presences[0].Presence, "ten of ten")
}

func TestMaxConversations_isASetting(t *testing.T) {
	t.Parallel()
	s := agentIs(with(waits(), func(s *lifecycle.Snapshot) { s.MaxConversations, s.Workstream.PickFromPush = 20, true }), li, sessions(18))
	c := does(agent(li), act(command.Pick))(s)
	require.Equal(t, routing.Busy, c.Presences[0].Presence, "nineteen of twenty")
	s = agentIs(s, li, sessions(19))
	require.Equal(t, routing.DND, does(agent(li), act(command.Pick))(s).Presences[0].Presence)
}

func TestPresence_chosenAvailableEndsWithAccept(t *testing.T) {
	t.Parallel()
	s := agentIs(isAsked(), li, func(a *lifecycle.Agent) { a.Manual, a.Presence = true, routing.Available })
	require.Equal(t, []lifecycle.PresenceChange{{Agent: li, Presence: routing.Busy, Since: noon}}, does(agent(li), act(command.Accept))(s).Presences)
	s = agentIs(had(), li, func(a *lifecycle.Agent) { a.Manual, a.Presence = true, routing.Available })
	require.Empty(t, does(agent(li), act(command.Wait))(s).Presences, "not with putting aside")
}

// CAP-3
func TestDailyProfile_keepsWhatTheDayTook(t *testing.T) {
	t.Parallel()
	daily := lifecycle.Profile{ID: "chats", Limit: 1, Daily: true, Blocking: true}
	s := agentIs(had(), li, func(a *lifecycle.Agent) { a.Profiles, a.Presence = []lifecycle.Profile{daily}, routing.DND })
	live := *s.Live
	live.Profiles, live.Units = []routing.ProfileID{"chats"}, 0
	s.Live = &live
	require.Empty(t, lifecycle.End(noon, s, conversation.ClosedByPerson).Presences, "still full today")
	live.AcceptedAt = noon.Add(-24 * 60 * minute)
	require.Equal(t, routing.Available, lifecycle.End(noon, s, conversation.ClosedByPerson).Presences[0].Presence, "that was yesterday")
}

func TestWrapUp_holdsCapacityForATime(t *testing.T) {
	t.Parallel()
	s := with(had(), func(s *lifecycle.Snapshot) {
		s.Workstream.WrapUp, s.Workstream.WrapUpFor = routing.WrapUpAfter, 5*minute
	})
	c := does(agent(li), act(command.WrapUp))(s)
	require.Equal(t, noon.Add(5*minute), c.Live.HoldsUntil)
	require.Equal(t, noon.Add(5*minute), c.DistributeAt)
	require.False(t, c.Distribute)
}

func TestSetSkills_countsFromNowOn(t *testing.T) {
	t.Parallel()
	s := with(waits(), func(s *lifecycle.Snapshot) { s.Skills = []routing.SkillID{"a", "b"} })
	c := does(supervisor, skills(`[{"skill_id": "b", "rating": 5}, {"skill_id": "a", "rating": 1}]`))(s)
	require.Equal(t, []routing.NeededSkill{{SkillID: "a", Rating: 1}, {SkillID: "b", Rating: 5}}, c.Skills)
	require.True(t, c.Distribute)
	require.Equal(t, s.Revision+1, c.Revision)
	require.Equal(t, lifecycle.StageCommand, c.Trace.Stage)
	require.Equal(t, []routing.NeededSkill{}, does(supervisor, skills(`[]`))(s).Skills)
}

func TestHolds_declaredVariablesOnly(t *testing.T) {
	t.Parallel()
	declared := []routing.Variable{{Name: "order"}, {Name: "cups", Number: true}}
	for name, values := range map[string][]any{
		"order": {"A1", nil, strings.Repeat("茶", 4000)},
		"cups":  {2, int64(2), float64(2), nil},
	} {
		for _, v := range values {
			require.True(t, lifecycle.AcceptsVariable(declared, name, v), "%s %v", name, v)
		}
	}
	for name, values := range map[string][]any{
		"order": {1, strings.Repeat("茶", 4001), "\x00", map[string]any{}},
		"cups":  {"2", 1.5}, "Order": {"A1"},
	} {
		for _, v := range values {
			require.False(t, lifecycle.AcceptsVariable(declared, name, v), "%s %v", name, v)
		}
	}
}

var again = lifecycle.Act{Kind: command.Resend, Message: "message"}

func reply(text string) lifecycle.Act {
	return lifecycle.Act{Kind: command.Reply, Text: text}
}

func skills(text string) lifecycle.Act {
	return lifecycle.Act{Kind: command.SetSkills, Text: text}
}

func unseen(s *lifecycle.Snapshot) { s.Accepted, s.Member = false, false }

func askedOnce(s *lifecycle.Snapshot) { s.Accepted, s.Member, s.Asked = false, false, true }

func disabled(a *lifecycle.Agent) { a.Disabled = true }

func blocked(a *lifecycle.Agent) {
	a.Profiles = []lifecycle.Profile{{ID: "calls", Limit: 1, Used: 1, Blocking: true}}
}

func loaded(n int) func(*lifecycle.Agent) { return func(a *lifecycle.Agent) { a.Load = n } }

func sessions(n int) func(*lifecycle.Agent) { return func(a *lifecycle.Agent) { a.Sessions = n } }

func rated(n int) func(*lifecycle.Agent) {
	return func(a *lifecycle.Agent) { a.Skills = map[routing.SkillID]int{"tea": n} }
}

func presence(p routing.Presence) func(*lifecycle.Agent) {
	return func(a *lifecycle.Agent) { a.Presence = p }
}

func perAgent(s lifecycle.Snapshot, limit int) lifecycle.Snapshot {
	return agentIs(with(s, func(s *lifecycle.Snapshot) { s.Workstream.MaxPerAgent = limit }), li, func(a *lifecycle.Agent) { a.Held = limit })
}

func allowed(s lifecycle.Snapshot, left, queued int) lifecycle.Snapshot {
	return with(s, func(s *lifecycle.Snapshot) { s.Allowance.MessageLeft, s.Unsent.Queued = left, queued })
}

func messageIs(s lifecycle.Snapshot, status conversation.DeliveryStatus) lifecycle.Snapshot {
	return with(s, func(s *lifecycle.Snapshot) { s.Message = status })
}

func TestReply_judgedByTheRowAlone(t *testing.T) {
	t.Parallel()
	require.True(t, reply("hello").OfRow())
	row := with(had(), func(s *lifecycle.Snapshot) {
		s.Agents, s.Item, s.Live, s.Accepted, s.Member = nil, nil, nil, false, false
	})
	whole := does(agent(li), reply("hello"))(had())
	require.Equal(t, whole, does(agent(li), reply("hello"))(row))
}

// The timeline names who acts: the agent, whatever their role, or else the person who has signed in, or the API token.
func TestDecide_stepsNameWhoActs(t *testing.T) {
	t.Parallel()
	for who, by := range map[access.Principal]conversation.Writer{
		{Role: access.RoleSupervisor, UserID: "user", AgentID: li}: {Kind: conversation.WriterAgent, ID: string(li)},
		{Role: access.RoleSupervisor, UserID: "user"}:              {Kind: conversation.WriterUser, ID: "user"},
		{Role: access.RoleSupervisor, TokenID: "token"}:            {Kind: conversation.WriterToken, ID: "token"},
	} {
		steps := does(who, act(command.ForceClose))(had()).Steps
		require.NotEmpty(t, steps)
		for _, s := range steps {
			require.Equal(t, by, s.By, "%s by %v", s.What, who)
		}
	}
}
