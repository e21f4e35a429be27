package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/notice"
	"wxdesk/internal/routing"
)

// One test for each transition of a conversation's life (docs/features.md, LIF).

const (
	queued  = conversation.StateOpen
	active  = conversation.StateActive
	aside   = conversation.StateWaiting
	wrapUp  = conversation.StateWrapUp
	closed  = conversation.StateClosed
	byAgent = conversation.HolderAgent
	byQueue = conversation.HolderQueue
)

func TestLife_nothingToOpen_aCustomerOfAnAccountWithoutABotWrites(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.exec(t, `update accounts set bot_id = null`)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	got := d.writes(ref, "li", "hello")
	d.stands(got.Standing, queued, byQueue, "")
	require.True(t, got.HandOver, "people are wished with the line")

	first := d.handOver(t, ref, toDefaultQueue())
	require.Equal(t, first.Standing, d.handOver(t, ref, toDefaultQueue()).Standing)
	d.stands(first.Standing, queued, byQueue, "")
	require.Equal(t, d.queue, first.QueueID)
	require.Equal(t, conversation.Epoch(1), first.Epoch, "nobody had it")
	d.itemIs(ref, "state = 'waiting' and units = 25")
	require.Zero(t, d.count(t, "conversations", "escalated"))
}

func TestLife_OpenToActive_pushAssigns(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.offered("wang", li)
	before, err := d.Due(t.Context(), ref)
	require.NoError(t, err)
	d.stands(before.Standing, active, byQueue, "")
	require.Equal(t, li.AgentID, before.Standing.Offer.AgentID)

	got := d.done(ref, li, command.Accept)
	d.stands(got.Standing, active, byAgent, li.AgentID)
	require.Nil(t, got.Standing.Offer)
	require.Equal(t, before.Standing.Epoch+1, got.Standing.Epoch)
	require.Greater(t, got.Standing.Revision, before.Standing.Revision)
	require.True(t, got.Standing.WaitingSince.IsZero())
	require.Equal(t, 25, d.load(li))
	d.itemIs(ref, "state = 'assigned'")
}

func TestLife_OpenToActive_anAgentPicks(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream("mode = 'pick'")
	li := d.agent("Li")
	got := d.done(d.waiting("wang"), li, command.Pick)
	d.stands(got.Standing, active, byAgent, li.AgentID)
	require.Equal(t, 25, d.load(li))
	require.Equal(t, 1, d.count(t, "assignments", "how = 'pick' and state = 'accepted'"))
}

func TestLife_OpenToActive_SUP3_aSupervisorAssigns(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	d.exec(t, `update agents set units = 10`)
	got := d.done(d.waiting("wang"), d.supervisor, command.Assign, toAgent(li))
	d.stands(got.Standing, active, byAgent, li.AgentID)
	require.Equal(t, 25, d.load(li), "a supervisor may exceed the capacity")
}

func TestLife_OpenToClosed_theQueueOverflows(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.exec(t, `update queues set overflow = '{"wait": {"seconds": 60, "do": "end"}}'`)
	ref := d.waiting("wang")
	require.Empty(t, d.due(ref).Closing, "not yet")
	d.exec(t, `update work_items set queued_at = now() - interval '61 seconds'`)

	got := d.due(ref)
	require.Equal(t, conversation.ClosedOverflow, got.Closing)
	require.Equal(t, notice.Waiting(conversation.LanguageEnglish, "full"), d.textOf(ref, got.MessageID))
	d.closes(ref, got.Closing)
}

func TestLife_OpenToClosed_SUP5_byForce(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	ref := d.waiting("wang")
	d.refused(command.RefusedNotAllowed, ref, d.agent("Li"), command.ForceClose)
	d.done(ref, d.supervisor, command.ForceClose)
	d.closed(ref, conversation.ClosedByForce)
}

func TestLife_OpenToClosed_LIF2_afterThirtyDays(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	ref := d.waiting("wang")
	d.exec(t, `update conversations set since = now() - interval '30 days 1 second'`)
	got := d.due(ref)
	require.Equal(t, conversation.ClosedStateLimit, got.Closing)
	d.closes(ref, got.Closing)
}

func TestLife_ActiveToOpen_theAgentRejects(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.offered("wang", li)
	d.exec(t, "delete from distribution_triggers")
	got := d.done(ref, li, command.Reject)
	d.stands(got.Standing, queued, byQueue, "")
	d.itemIs(ref, "state = 'waiting' and (declined ->> $2)::int = 1", li.AgentID)
	require.Zero(t, d.load(li))
	require.Equal(t, 1, d.count(t, "feed", "kind = 'offer-over' and agent_id = $1", li.AgentID))
	require.Equal(t, 1, d.count(t, "agents", "presence = 'available'"))
	d.requireTriggered()
}

func TestLife_ActiveToOpen_PRE9_aRejectionMayMeanDoNotDisturb(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream("reject_dnd = true")
	li := d.agent("Li")
	d.done(d.offered("wang", li), li, command.Reject)
	require.Equal(t, 1, d.count(t, "agents", "presence = 'dnd' and presence_manual"))
}

func TestLife_ActiveToOpen_PRE8_theOfferTimesOut(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream("missed_inactive = true")
	li := d.agent("Li")
	ref := d.offered("wang", li)
	d.stands(d.due(ref).Standing, active, byQueue, "")
	d.exec(t, `update assignments set deadline = now() - interval '1 second'`)
	d.exec(t, "delete from distribution_triggers")

	d.stands(d.due(ref).Standing, queued, byQueue, "")
	d.itemIs(ref, "state = 'waiting' and (declined ->> $2)::int = 1", li.AgentID)
	require.Equal(t, 1, d.count(t, "assignments", "state = 'missed'"))
	require.Equal(t, 1, d.count(t, "agents", "presence = 'inactive'"))
	d.requireTriggered()
	d.refused(command.RefusedOfferOver, ref, li, command.Accept)
}

func TestLife_ActiveToOpen_TRF1_transferToAQueue(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	returns := d.newQueue("Returns", d.agent("Zhao"))
	ref := d.had("wang", li)
	reply := d.command(ref, li, command.Reply, "one moment").MessageID
	d.exec(t, "delete from distribution_triggers")

	got := d.done(ref, li, command.Transfer, toQueue(returns))
	d.stands(got.Standing, queued, byQueue, "")
	require.Equal(t, returns, got.Standing.QueueID)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "superseded-by-person"}, d.fate(t, ref, reply),
		"a former agent's unsent reply cannot go out")
	require.Equal(t, 1, d.count(t, "feed", "kind = 'delivery' and agent_id = $1 and body ->> 'message_id' = $2", li.AgentID, string(reply)), "which they see")
	d.itemIs(ref, "state = 'waiting' and queue_id = $2 and affinity_agent is null and declined = '{}'", returns)
	require.Zero(t, d.load(li))
	require.Equal(t, 1, d.count(t, "feed", "kind = 'left' and agent_id = $1", li.AgentID))
	d.requireTriggered()
}

func TestLife_ActiveToActive_TRF2_transferToAnAgent(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, zhao := d.agent("Li"), d.agent("Zhao")
	ref := d.had("wang", li)
	offer := d.done(ref, li, command.Transfer, toAgent(zhao)).Standing
	d.stands(offer, active, byQueue, "")
	require.Equal(t, zhao.AgentID, offer.Offer.AgentID)
	require.False(t, offer.Offer.Deadline.IsZero())
	require.Equal(t, []int{0, 25}, []int{d.load(li), d.load(zhao)})
	require.Equal(t, 1, d.count(t, "feed", "kind = 'offer' and agent_id = $1", zhao.AgentID))

	d.stands(d.done(ref, zhao, command.Accept).Standing, active, byAgent, zhao.AgentID)
}

func TestTRF2_aRefusedTransferComesBackToWhoBeganIt(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, zhao := d.agent("Li"), d.agent("Zhao")
	ref := d.had("wang", li)
	d.done(ref, li, command.Transfer, toAgent(zhao))
	d.stands(d.done(ref, zhao, command.Reject).Standing, queued, byQueue, "")
	d.itemIs(ref, "affinity_agent = $2 and state = 'waiting'", li.AgentID)
}

func TestLife_ActiveToWaiting_putAside(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.exec(t, "delete from distribution_triggers")
	got := d.done(ref, li, command.Wait)
	d.stands(got.Standing, aside, byAgent, li.AgentID)
	require.Zero(t, d.load(li), "released at once")
	require.Equal(t, conversation.DueIdle, got.Standing.Due[0].What)
	d.requireTriggered()
}

func TestLife_ActiveToWrapUp_WS8(t *testing.T) {
	t.Parallel()
	for block, want := range map[string]struct {
		load    int
		minutes int // until the capacity comes back; -1: not while it is live
	}{"always": {25, -1}, "never": {0, 0}, "after": {25, 5}} {
		t.Run(block, func(t *testing.T) {
			t.Parallel()
			d := newOffice(t)
			d.stream("wrap_up = $1, wrap_up_ms = 300000", block)
			li := d.agent("Li")
			ref := d.had("wang", li)
			d.exec(t, "delete from distribution_triggers")
			d.stands(d.done(ref, li, command.WrapUp).Standing, wrapUp, byAgent, li.AgentID)
			require.Equal(t, want.load, d.load(li))
			var minutes int
			require.NoError(t, d.raw.Get(&minutes, `select coalesce(round(extract(epoch from due_at - now()) / 60), -1)::int from (select max(due_at) as due_at from distribution_triggers) w`))
			require.Equal(t, want.minutes, minutes)
			d.exec(t, `update assignments set holds_until = now() where holds_until is not null`)
			d.closes(ref, conversation.ClosedByAgent)
			require.Zero(t, d.load(li))
		})
	}
}

func TestLife_ActiveToClosed_LIF2_afterThirtyDays(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	require.Empty(t, d.due(ref).Closing)
	d.exec(t, `update conversations set since = now() - interval '30 days 1 second'`)
	d.closes(ref, d.due(ref).Closing)
	require.Zero(t, d.load(li))
}

func TestLIF6_aTransferBeginsTheLimitAnew(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, bo := d.agent("Li"), d.agent("Bo")
	for customer, to := range map[string]with{"wang": toQueue(d.newQueue("Second", bo)), "zhou": toAgent(bo)} {
		ref := d.had(customer, li)
		d.exec(t, `update conversations set since = now() - interval '29 days' where id = $1`, ref.Conversation)
		got := d.done(ref, li, command.Transfer, to)
		if got.Standing.Offer != nil {
			got = d.done(ref, bo, command.Accept)
		}
		limit := got.Standing.Due[len(got.Standing.Due)-1]
		require.Equal(t, conversation.DueLimit, limit.What)
		require.WithinDuration(t, time.Now().Add(conversation.ActiveLimit), limit.At, time.Minute)
	}
}

func TestLife_ActiveToClosed_SUP5_byForce(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.exec(t, "delete from distribution_triggers")
	d.done(ref, d.supervisor, command.ForceClose)
	d.closed(ref, conversation.ClosedByForce)
	require.Zero(t, d.load(li))
	d.requireTriggered()
}

func TestLife_WaitingToOpen_theCustomerWrites(t *testing.T) {
	t.Parallel()
	for affinity, kept := range map[bool]string{true: "affinity_agent is not null", false: "affinity_agent is null"} {
		d := newOffice(t)
		d.stream("affinity = $1", affinity)
		li := d.agent("Li")
		ref := d.had("wang", li)
		d.done(ref, li, command.Wait)
		d.exec(t, "delete from distribution_triggers")

		got := d.writes(ref, "wang", "I am back")
		d.stands(got.Standing, queued, byQueue, "")
		require.False(t, got.WaitingSince.IsZero())
		d.itemIs(ref, "state = 'waiting' and "+kept)
		require.Equal(t, 1, d.count(t, "assignments", "state = 'ended'"))
		require.Equal(t, 1, d.count(t, "feed", "kind = 'message'"))
		d.requireTriggered()
	}
}

func TestLife_WaitingToActive_theAgentResumes(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.done(ref, li, command.Wait)
	d.stands(d.done(ref, li, command.Resume).Standing, active, byAgent, li.AgentID)
	require.Equal(t, 25, d.load(li))
}

func TestLife_WaitingToActive_itsTimeComes(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	got := d.done(ref, li, command.Wait, until(time.Now().Add(time.Hour)))
	require.Equal(t, conversation.DueReturn, got.Standing.Due[0].What)
	d.exec(t, `update conversations set wait_until = now() - interval '1 second'`)
	d.stands(d.due(ref).Standing, active, byAgent, li.AgentID)
	require.Equal(t, 25, d.load(li))
}

func TestLife_WaitingToOpen_itsTimeComesAndTheAgentHasNoRoom(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.done(ref, li, command.Wait, until(time.Now().Add(time.Hour)))
	d.exec(t, `update agents set units = 20`)
	d.refused(command.RefusedCapacity, ref, li, command.Resume)
	d.exec(t, `update conversations set wait_until = now() - interval '1 second'`)
	d.stands(d.due(ref).Standing, queued, byQueue, "")
	d.itemIs(ref, "affinity_agent = $2", li.AgentID)
}

func TestLife_WaitingToClosed_idle(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream("auto_close_ms = 60000")
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.done(ref, li, command.Wait)
	d.exec(t, `update conversations set since = now() - interval '61 seconds'`)
	got := d.due(ref)
	require.Equal(t, conversation.ClosedIdle, got.Closing)
	d.closes(ref, got.Closing)
}

func TestLife_WrapUpToActive_D3_theCustomerWrites(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream("wrap_up = 'never'")
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.done(ref, li, command.WrapUp)
	require.Zero(t, d.load(li))
	d.stands(d.writes(ref, "wang", "one more thing").Standing, active, byAgent, li.AgentID)
	require.Equal(t, 25, d.load(li), "capacity is taken again")
}

func TestLife_WrapUpToClosed_itsAgentCloses(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.done(ref, li, command.WrapUp)
	d.sent()
	d.stands(d.done(ref, li, command.Close).Standing, closed, byAgent, li.AgentID)
	d.closed(ref, conversation.ClosedByAgent)
	require.Zero(t, d.load(li))
}

func TestLife_WrapUpToClosed_LIF2_afterADay(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.done(ref, li, command.WrapUp)
	d.exec(t, `update conversations set since = now() - interval '1 day 1 second'`)
	d.closes(ref, d.due(ref).Closing)
}

func TestLife_ClosedIsFinal_WS11_theNextOneIsKeptForTheSameAgent(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.closes(ref, conversation.ClosedByAgent)
	for _, kind := range []command.Kind{command.Accept, command.Reply, command.Close} {
		d.refused(command.RefusedClosed, ref, li, kind)
	}
	require.Empty(t, d.due(ref).Closing)
	d.itemIs(d.waiting("wang"), "affinity_agent = $2", li.AgentID)
}

func TestWS11_aWorkstreamSaysHowOldAffinityMayBe(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream("affinity_age_ms = 3600000")
	li := d.agent("Li")
	for customer, since := range map[string]string{"wang": "59 minutes", "zhang": "61 minutes"} {
		ref := d.had(customer, li)
		d.closes(ref, conversation.ClosedByAgent)
		d.exec(t, `update conversations set closed_at = now() - $2::interval where id = $1`, ref.Conversation, since)
	}
	d.itemIs(d.waiting("wang"), "affinity_agent = $2", li.AgentID)
	d.itemIs(d.waiting("zhang"), "affinity_agent is null")
}

// A10
func TestQUE3_whoWaitsKeepsTheirPlace(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.waiting("wang")
	d.exec(t, `update work_items set since = now() - interval '1 hour'`)
	d.writes(ref, "wang", "anybody?")
	d.itemIs(ref, "since < now() - interval '59 minutes'")

	back := d.had("zhang", li)
	d.done(back, li, command.Wait)
	d.exec(t, `update work_items set since = now() - interval '1 hour'`)
	d.writes(back, "zhang", "I am back")
	d.itemIs(back, "since > now() - interval '1 minute'")
}

// OVF-3
func TestHandOver_anEndMakesNoWork(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	d.writes(ref, "wang", "hello")
	d.requestHandOver(t, ref)
	full := routing.Decision{QueueID: d.queue, End: true, Notice: routing.NoticeFull, Alert: "queue-full"}
	first := d.handOver(t, ref, full)
	require.Equal(t, first.Standing, d.handOver(t, ref, full).Standing)
	require.True(t, first.End)
	require.True(t, first.Send, "the customer is told before it ends")
	require.Equal(t, conversation.ClosedOverflow, d.wishedEnd(t, ref))
	require.Len(t, d.queued(t, ref), 1)
	require.Zero(t, d.count(t, "work_items", "true"))
	require.Equal(t, 1, d.count(t, "feed", "kind = 'alert'"))
	require.Equal(t, 1, d.count(t, "routing_traces", "stage = 'route'"))
}

// textOf is the text of a message.
func (d *office) textOf(ref conversation.Ref, id conversation.MessageID) string {
	d.t.Helper()
	lines, err := d.Messages(d.t.Context(), everything, ref.Conversation, 0, 100)
	require.NoError(d.t, err)
	for _, l := range lines {
		if l.ID == id {
			return l.Text
		}
	}
	require.Fail(d.t, "no such message")
	return ""
}

// closes ends a conversation as its run does, twice.
func (d *office) closes(ref conversation.Ref, why conversation.CloseReason) {
	d.t.Helper()
	require.NotEmpty(d.t, why)
	ended(d.t)(d.CloseConversation(d.t.Context(), ref, why))
	rows := d.rows()
	ended(d.t)(d.CloseConversation(d.t.Context(), ref, why))
	require.Equal(d.t, rows, d.rows())
	d.closed(ref, why)
}

// sent is what follows from WeChat taking all that waits.
func (d *office) sent() {
	d.t.Helper()
	d.exec(d.t, `update deliveries set status = 'sent' where status in ('queued', 'sending')`)
}

// closed checks that a conversation has ended, and with it all that it asked of people.
func (d *office) closed(ref conversation.Ref, why conversation.CloseReason) {
	d.t.Helper()
	c, err := d.Conversation(d.t.Context(), everything, ref.Conversation)
	require.NoError(d.t, err)
	require.Equal(d.t, []any{closed, why}, []any{c.State, c.CloseReason})
	require.Zero(d.t, d.count(d.t, "work_items", "conversation_id = $1 and state <> 'done'", ref.Conversation))
	require.Zero(d.t, d.count(d.t, "assignments", "conversation_id = $1 and state in ('offered', 'accepted')", ref.Conversation))
}
