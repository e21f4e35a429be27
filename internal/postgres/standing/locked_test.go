package standing_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/routing"
)

// mustFollow has something follow, and requires that the rows read afterwards as the rule book says.
func mustFollow(d *postgrestest.Office, ref conversation.Ref, rule func(time.Time, lifecycle.Snapshot) lifecycle.Change, agents ...access.Principal) standing.Step {
	d.T.Helper()
	var ids []conversation.AgentID
	for _, a := range agents {
		ids = append(ids, a.AgentID)
	}
	step, err := d.FollowStep(d.T.Context(), d.Pool(), ref, ids, rule)
	require.NoError(d.T, err)
	require.False(d.T, step.Change.Nothing())
	want, got := step.Before.After(step.Change), step.After
	require.Equal(d.T, plain(want), plain(got))
	return step
}

// plain is what of a snapshot must be the same however it was come by: times in one zone, and neither fresh ids nor counts of what
// happened elsewhere.
func plain(s lifecycle.Snapshot) []any {
	utc := func(at *time.Time) { *at = at.UTC() }
	for _, at := range []*time.Time{&s.Since, &s.WaitingSince, &s.Until} {
		utc(at)
	}
	list := []any{s.Standing, s.Revision, s.LastSeq, s.Wishes, s.Unsent, s.Agents}
	if s.Item != nil {
		i := *s.Item
		utc(&i.QueuedAt)
		utc(&i.Since)
		utc(&i.KeptUntil)
		i.Priority, i.Preferred, i.Attributes = 0, nil, nil
		if len(i.Declined) == 0 {
			i.Declined = nil
		}
		paused := map[conversation.AgentID]time.Time{}
		for id, at := range i.Paused {
			paused[id] = at.UTC()
		}
		i.Paused = paused
		if len(i.Skills) == 0 {
			i.Skills = nil
		}
		i.Profiles = append([]routing.ProfileID{}, i.Profiles...)
		list = append(list, i)
	}
	if s.Live != nil {
		a := *s.Live
		for _, at := range []*time.Time{&a.OfferedAt, &a.Deadline, &a.AcceptedAt, &a.EndedAt, &a.HoldsUntil} {
			utc(at)
		}
		a.Profiles = append([]routing.ProfileID{}, a.Profiles...)
		list = append(list, a)
	}
	return list
}

func acts(d *postgrestest.Office, ref conversation.Ref, who access.Principal, want lifecycle.Act) lifecycle.Change {
	d.T.Helper()
	change, refused, err := d.Decided(d.T.Context(), d.Pool(), ref, who, want)
	require.NoError(d.T, err)
	require.Empty(d.T, refused)
	return change
}

// act is an act as a rule, for follows.
func act(d *postgrestest.Office, who access.Principal, want lifecycle.Act) func(time.Time, lifecycle.Snapshot) lifecycle.Change {
	return func(now time.Time, s lifecycle.Snapshot) lifecycle.Change {
		s.Member, s.Accepted = true, true
		c, refused := lifecycle.Decide(now, s, who, want)
		require.Empty(d.T, refused, want.Kind)
		return c
	}
}

// beginConversation begins a conversation with the account's bot.
func beginConversation(d *postgrestest.Office, customer string) conversation.Ref {
	d.T.Helper()
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	d.MustReceive(d.T, d.Batch(ref.Conversation, customer, postgrestest.Says(uuid.NewString(), "a person, please")))
	return ref
}

func handedOver(now time.Time, s lifecycle.Snapshot) lifecycle.Change {
	return lifecycle.HandOver(now, s, routing.Decision{
		QueueID: postgrestest.DefaultQueue, Notice: routing.NoticeParked, Needs: routing.Needs{Priority: 7, Attributes: map[string]any{"vip": "yes"}},
		Overflow: &routing.Overflow{Wait: &routing.OverflowWait{Seconds: 60, OverflowAction: routing.OverflowAction{Do: routing.OverflowEnd}}},
	})
}

func offeredTo(who access.Principal) func(time.Time, lifecycle.Snapshot) lifecycle.Change {
	return func(now time.Time, s lifecycle.Snapshot) lifecycle.Change {
		return lifecycle.Offer(now, s, who.AgentID, false)
	}
}

// queuedConversation is a conversation that waits in the default queue.
func queuedConversation(d *postgrestest.Office, customer string) conversation.Ref {
	d.T.Helper()
	ref := beginConversation(d, customer)
	mustFollow(d, ref, func(now time.Time, s lifecycle.Snapshot) lifecycle.Change {
		return lifecycle.RequestHandOver(now, s, conversation.EscalatedFailed, lineOf(d, ref))
	})
	mustFollow(d, ref, handedOver)
	return ref
}

func lineOf(d *postgrestest.Office, ref conversation.Ref) (id conversation.MessageID) {
	d.T.Helper()
	require.NoError(d.T, d.Raw.Get(&id, `select id from messages where conversation_id = $1 and seq = 1`, ref.Conversation))
	return id
}

func TestApply_writesTheDecidedChange(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("decline_pause_ms = 60000, transfer_to_agents = true")
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	ref := queuedConversation(d, "wang")
	require.Equal(t, 1, d.Count(t, "work_items", "priority = 7 and attributes = '{\"vip\": \"yes\"}' and overflow is not null and demand <> ''"))
	require.Equal(t, 1, d.Count(t, "conversations", "escalated and workstream_id is not null and hand_over is null and wished_at is not null"))
	require.Zero(t, d.Count(t, "messages", "wants_answer"))
	require.Equal(t, 1, d.Count(t, "routing_traces", "stage = 'route'"))
	require.Zero(t, d.Count(t, "outbox", "true"), "the run did it")

	d.Exec(t, "delete from distribution_triggers")
	step := mustFollow(d, ref, offeredTo(li), zhao, li)
	require.Equal(t, li.AgentID, step.After.Live.Agent)
	require.Equal(t, "assigned", step.Notice.Act)
	mustFollow(d, ref, act(d, li, lifecycle.Act{Kind: command.Reject}), li)
	require.Equal(t, 1, d.Count(t, "work_items", "state = 'waiting' and (declined ->> $1)::int = 1 and paused ? $1", li.AgentID))
	d.RequireTriggered()

	mustFollow(d, ref, offeredTo(zhao), li, zhao)
	mustFollow(d, ref, act(d, zhao, lifecycle.Act{Kind: command.Accept}), zhao)
	require.Equal(t, 1, d.Count(t, "conversations", "agent_id = $1 and last_agent = $1 and waiting_since is null", zhao.AgentID))
	require.Equal(t, 1, d.Count(t, "agents", "presence = 'busy' and id = $1", zhao.AgentID))
	reply := acts(d, ref, zhao, lifecycle.Act{Kind: command.Reply, Text: "Good morning", Trace: "00-trace"}).MessageID()
	require.Equal(t, 1, d.Count(t, "messages", "id = $1 and author = 'agent' and agent_id = $2 and traceparent = '00-trace'", reply, zhao.AgentID))
	require.Equal(t, "Good morning", messageText(d, ref, reply))
	require.Equal(t, 1, d.Count(t, "deliveries", "message_id = $1 and status = 'queued' and epoch is not null", reply))

	mustFollow(d, ref, act(d, zhao, lifecycle.Act{Kind: command.Transfer, Agent: li.AgentID}), zhao, li)
	require.Equal(t, 1, d.Count(t, "deliveries", "message_id = $1 and status = 'failed' and reason = 'superseded-by-person'", reply))
	require.Equal(t, 1, d.Count(t, "deliveries", "status = 'queued'"), "the automated message goes out")
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'delivery' and agent_id = $1 and body ->> 'reason' = 'superseded-by-person'", zhao.AgentID))
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'left' and agent_id = $1", zhao.AgentID))
	mustFollow(d, ref, act(d, li, lifecycle.Act{Kind: command.Accept}), zhao, li)

	note := acts(d, ref, li, lifecycle.Act{Kind: command.Note, Text: "wants green tea"}).MessageID()
	require.Equal(t, 1, d.Count(t, "notes", "id = $1 and author = $2", note, li.AgentID))
	mustFollow(d, ref, act(d, li, lifecycle.Act{Kind: command.Wait, Until: time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)}), li)
	require.Equal(t, 1, d.Count(t, "agents", "presence = 'available' and id = $1", li.AgentID), "put aside takes nothing")
	mustFollow(d, ref, func(now time.Time, s lifecycle.Snapshot) lifecycle.Change {
		return lifecycle.Wrote(now, s, lifecycle.Written{Lines: []lifecycle.Line{{ID: lineOf(d, ref), Seq: 1}}})
	}, li)
	require.Equal(t, 1, d.Count(t, "work_items", "affinity_agent = $1", li.AgentID))

	closing := mustFollow(d, ref, act(d, d.Supervisor, lifecycle.Act{Kind: command.Close}))
	require.Equal(t, conversation.ClosedByPerson, closing.After.Wishes.Ending, "the automated message is on its way")
	mustFollow(d, ref, func(now time.Time, s lifecycle.Snapshot) lifecycle.Change {
		return lifecycle.End(now, s, conversation.ClosedIdle)
	})
	require.Equal(t, 1, d.Count(t, "conversations", "state = 'closed' and close_reason = 'closed-by-person' and closed_at is not null"))
	require.Zero(t, d.Count(t, "deliveries", "status = 'queued'"))
	require.Zero(t, d.Count(t, "work_items", "state <> 'done'"))
	require.Equal(t, 1, d.Count(t, "outbox", "act = 'close' and assignment"))
	mustFollow(d, ref, lifecycle.Void)
	require.Zero(t, d.Count(t, "outbox", "true"))
}

func TestApply_setsSkillsAndContext(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream(`variables = '[{"name": "cups", "number": true}]'`)
	ref := queuedConversation(d, "wang")
	const skill = "00000000-0000-7000-8000-0000000000bb"
	wanted := lifecycle.Act{Kind: command.SetSkills, Text: `[{"skill_id": "` + skill + `", "rating": 5}]`}
	_, refused, err := d.Decided(t.Context(), d.Pool(), ref, d.Supervisor, wanted)
	require.NoError(t, err)
	require.Equal(t, command.RefusedUnknownSkill, refused)
	d.Exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'Tea')`, skill)
	var before string
	require.NoError(t, d.Raw.Get(&before, `select demand from work_items`))
	acts(d, ref, d.Supervisor, wanted)
	require.Equal(t, 1, d.Count(t, "work_items", "skills = $1::jsonb and demand <> $2 and attributes <> '{}'", wanted.Text, before))
	require.Equal(t, 1, d.Count(t, "routing_traces", "stage = 'command' and body ->> 'command' = 'set-skills'"))
	acts(d, ref, d.Supervisor, lifecycle.Act{Kind: command.SetContext, Text: `{"cups": 2}`})
	require.Equal(t, 1, d.Count(t, "conversations", "context is not null"))
}

func TestDecide_readsTheFactsOfAnAct(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("mode = 'pick', max_per_agent = 1")
	li, bo := d.NewAgent("Li"), d.NewAgent("Bo")
	d.Exec(t, `delete from queue_members where agent_id = $1`, bo.AgentID)
	refuses := func(why command.Refusal, ref conversation.Ref, who access.Principal, want lifecycle.Act) {
		t.Helper()
		_, refused, err := d.Decided(t.Context(), d.Pool(), ref, who, want)
		require.NoError(t, err)
		require.Equal(t, why, refused)
	}
	pick := lifecycle.Act{Kind: command.Pick}
	first, second := queuedConversation(d, "wang"), queuedConversation(d, "zhou")
	refuses(lifecycle.Unseen, first, bo, pick)
	acts(d, first, li, pick)
	refuses(command.RefusedCapacity, second, li, pick) // WS-14
	acts(d, first, li, lifecycle.Act{Kind: command.Wait})
	acts(d, second, li, pick)
	refuses(command.RefusedCapacity, first, li, lifecycle.Act{Kind: command.Resume})
	d.Stream("max_per_agent = null")
	d.Exec(t, `update tenants set max_conversations = 1`)
	refuses(command.RefusedCapacity, first, li, lifecycle.Act{Kind: command.Resume})
	d.Exec(t, `update tenants set max_conversations = 10`)
	acts(d, first, li, lifecycle.Act{Kind: command.Resume})

	refuses(lifecycle.Unseen, first, bo, lifecycle.Act{Kind: command.Note, Text: "hm"})
	refuses(command.RefusedTarget, first, li, lifecycle.Act{Kind: command.Transfer, Queue: d.NewQueue("Empty")})
	refuses(command.RefusedTarget, first, li, lifecycle.Act{Kind: command.Transfer, Queue: conversation.QueueID(uuid.NewString())})
	d.Exec(t, `update customers set message_left = 1`)
	refuses(command.RefusedAllowance, first, li, lifecycle.Act{Kind: command.Reply, Text: "hello"}) // the notice is queued
	d.Exec(t, `update deliveries set status = 'failed'`)
	sent := acts(d, first, li, lifecycle.Act{Kind: command.Reply, Text: "hello"}).MessageID()
	again := lifecycle.Act{Kind: command.Resend, Message: sent}
	d.Exec(t, `update deliveries set status = 'sent' where message_id = $1`, sent)
	refuses(command.RefusedDelivered, first, li, again)
	d.Exec(t, `update deliveries set status = 'unknown', attempts = 3 where message_id = $1`, sent)
	require.Equal(t, sent, acts(d, first, li, again).MessageID())
	require.Equal(t, 1, d.Count(t, "deliveries", "message_id = $1 and status = 'queued' and attempts = 0", sent))
	acts(d, first, li, lifecycle.Act{Kind: command.Transfer, Queue: d.NewQueue("Returns", bo)})
	acts(d, first, bo, pick)
}

func TestDecide_twoPicksAtOnceFitOnce(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("mode = 'pick'")
	li := d.NewAgent("Li")
	d.Exec(t, `update agents set units = 25`)
	conversations := []conversation.Ref{queuedConversation(d, "wang"), queuedConversation(d, "zhou")}
	answers := make(chan command.Refusal, len(conversations))
	for _, ref := range conversations {
		go func() {
			_, refused, err := d.Decided(context.WithoutCancel(t.Context()), d.Pool(), ref, li, lifecycle.Act{Kind: command.Pick})
			if err != nil {
				refused = command.Refusal(err.Error())
			}
			answers <- refused
		}()
	}
	got := []command.Refusal{<-answers, <-answers}
	// The one who comes too late finds no room, or that its agent is do-not-disturb for that.
	require.Contains(t, got, command.Refusal(""))
	require.Equal(t, 25, d.Load(li), "%q", got)
}

func TestLocked_dailyProfileCountsToday(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("mode = 'pick'")
	li := d.NewAgent("Li")
	const profile = "00000000-0000-7000-8000-0000000000aa"
	d.Exec(t, `insert into capacity_profiles (tenant, id, name, item_limit, reset, blocking) values ('default', $1, 'Chats', 2, 'end_of_day', true)`, profile)
	d.Exec(t, `insert into agent_profiles (tenant, agent_id, profile_id) values ('default', $1, $2)`, li.AgentID, profile)
	ref := queuedConversation(d, "wang")
	d.Exec(t, `update work_items set units = 0, profiles = array[$1::uuid]`, profile)
	acts(d, ref, li, lifecycle.Act{Kind: command.Pick})
	acts(d, ref, d.Supervisor, lifecycle.Act{Kind: command.Assign, Queue: d.NewQueue("Returns", li)})
	step := mustFollow(d, ref, act(d, li, lifecycle.Act{Kind: command.Pick}), li)
	require.Equal(t, []lifecycle.Profile{{ID: profile, Limit: 2, Blocking: true, Daily: true, Earlier: 1}}, step.Before.Agents[li.AgentID].Profiles)
	require.Equal(t, routing.DND, step.After.Agents[li.AgentID].Presence, "twice today")
}

// messageText is the text of a message; empty if there is none.
func messageText(d *postgrestest.Office, ref conversation.Ref, id conversation.MessageID) string {
	d.T.Helper()
	lines, err := d.Messages(d.T.Context(), postgrestest.Everything, ref.Conversation, 0, 100)
	require.NoError(d.T, err)
	for _, l := range lines {
		if l.ID == id {
			return l.Text
		}
	}
	return ""
}
