package standing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/notice"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

func TestStanding_BeginsOpen_accountWithoutABot(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Exec(t, `update accounts set bot_id = null`)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	got := d.Writes(ref, "li", "hello")
	d.Stands(got.Standing, postgrestest.Queued, postgrestest.ByQueue, "")
	require.True(t, got.HandOver, "people are wished with the line")

	first := d.MustHandOver(t, ref, postgrestest.ToDefaultQueue())
	require.Equal(t, first.Standing, d.MustHandOver(t, ref, postgrestest.ToDefaultQueue()).Standing)
	d.Stands(first.Standing, postgrestest.Queued, postgrestest.ByQueue, "")
	require.Equal(t, d.TheQueue, first.QueueID)
	require.Equal(t, conversation.Epoch(1), first.Epoch, "nobody had it")
	d.ItemIs(ref, "state = 'waiting' and units = 25")
	require.Zero(t, d.Count(t, "conversations", "escalated"))
}

func TestStanding_OpenToActive_pushAssigns(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Offered("wang", li)
	before, err := d.Due(t.Context(), ref)
	require.NoError(t, err)
	d.Stands(before.Standing, postgrestest.Active, postgrestest.ByQueue, "")
	require.Equal(t, li.AgentID, before.Standing.Offer.AgentID)

	got := d.Done(ref, li, command.Accept)
	d.Stands(got.Standing, postgrestest.Active, postgrestest.ByAgent, li.AgentID)
	require.Nil(t, got.Standing.Offer)
	require.Equal(t, before.Standing.Epoch+1, got.Standing.Epoch)
	require.Greater(t, got.Standing.Revision, before.Standing.Revision)
	require.True(t, got.Standing.WaitingSince.IsZero())
	require.Equal(t, 25, d.Load(li))
	d.ItemIs(ref, "state = 'assigned'")
}

// DSK-2, WS-3
func TestStanding_OpenToActive_agentPicks(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("mode = 'pick'")
	li := d.NewAgent("Li")
	got := d.Done(d.Waiting("wang"), li, command.Pick)
	d.Stands(got.Standing, postgrestest.Active, postgrestest.ByAgent, li.AgentID)
	require.Equal(t, 25, d.Load(li))
	require.Equal(t, 1, d.Count(t, "assignments", "how = 'pick' and state = 'accepted'"))
}

// CAP-7, QUE-6, SUP-3
func TestStanding_OpenToActive_supervisorAssigns(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	d.Exec(t, `update agents set units = 10`)
	got := d.Done(d.Waiting("wang"), d.Supervisor, command.Assign, postgrestest.ToAgent(li))
	d.Stands(got.Standing, postgrestest.Active, postgrestest.ByAgent, li.AgentID)
	require.Equal(t, 25, d.Load(li), "a supervisor may exceed the capacity")
}

// OVF-5, QUE-6
func TestStanding_OpenToClosed_queueOverflows(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Exec(t, `update queues set overflow = '{"wait": {"seconds": 60, "do": "end"}}'`)
	ref := d.Waiting("wang")
	require.Empty(t, d.MustDue(ref).Closing, "not yet")
	d.Exec(t, `update work_items set queued_at = now() - interval '61 seconds'`)

	got := d.MustDue(ref)
	require.Equal(t, conversation.ClosedOverflow, got.Closing)
	require.Equal(t, notice.Waiting(conversation.LanguageEnglish, "full"), d.TextOf(ref, got.MessageID))
	d.Closes(ref, got.Closing)
}

// SUP-5
func TestStanding_OpenToClosed_byForce(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	ref := d.Waiting("wang")
	d.Refused(command.RefusedNotAllowed, ref, d.NewAgent("Li"), command.ForceClose)
	d.Done(ref, d.Supervisor, command.ForceClose)
	d.Closed(ref, conversation.ClosedByForce)
}

// LIF-2
func TestStanding_OpenToClosed_afterThirtyDays(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	ref := d.Waiting("wang")
	d.Exec(t, `update conversations set since = now() - interval '30 days 1 second'`)
	got := d.MustDue(ref)
	require.Equal(t, conversation.ClosedStateLimit, got.Closing)
	d.Closes(ref, got.Closing)
}

// D5
func TestStanding_ActiveToOpen_agentRejects(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Offered("wang", li)
	d.Exec(t, "delete from distribution_triggers")
	got := d.Done(ref, li, command.Reject)
	d.Stands(got.Standing, postgrestest.Queued, postgrestest.ByQueue, "")
	d.ItemIs(ref, "state = 'waiting' and (declined ->> $2)::int = 1", li.AgentID)
	require.Zero(t, d.Load(li))
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'offer-over' and agent_id = $1", li.AgentID))
	require.Equal(t, 1, d.Count(t, "agents", "presence = 'available'"))
	d.RequireTriggered()
}

// PRE-9
func TestStanding_ActiveToOpen_rejectMeansDND(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("reject_dnd = true")
	li := d.NewAgent("Li")
	d.Done(d.Offered("wang", li), li, command.Reject)
	require.Equal(t, 1, d.Count(t, "agents", "presence = 'dnd' and presence_manual"))
}

// LIF-8, PRE-8, D5
func TestStanding_ActiveToOpen_offerTimesOut(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("missed_inactive = true")
	li := d.NewAgent("Li")
	ref := d.Offered("wang", li)
	d.Stands(d.MustDue(ref).Standing, postgrestest.Active, postgrestest.ByQueue, "")
	d.Exec(t, `update assignments set deadline = now() - interval '1 second'`)
	d.Exec(t, "delete from distribution_triggers")

	d.Stands(d.MustDue(ref).Standing, postgrestest.Queued, postgrestest.ByQueue, "")
	d.ItemIs(ref, "state = 'waiting' and (declined ->> $2)::int = 1", li.AgentID)
	require.Equal(t, 1, d.Count(t, "assignments", "state = 'missed'"))
	require.Equal(t, 1, d.Count(t, "agents", "presence = 'inactive'"))
	d.RequireTriggered()
	d.Refused(command.RefusedOfferOver, ref, li, command.Accept)
}

// TRF-1
func TestStanding_ActiveToOpen_transferToAQueue(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	returns := d.NewQueue("Returns", d.NewAgent("Zhao"))
	ref := d.Had("wang", li)
	reply := d.Command(ref, li, command.Reply, "one moment").MessageID
	d.Exec(t, "delete from distribution_triggers")

	got := d.Done(ref, li, command.Transfer, postgrestest.ToQueue(returns))
	d.Stands(got.Standing, postgrestest.Queued, postgrestest.ByQueue, "")
	require.Equal(t, returns, got.Standing.QueueID)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "superseded-by-person"}, d.Fate(t, ref, reply),
		"a former agent's unsent reply cannot go out")
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'delivery' and agent_id = $1 and body ->> 'message_id' = $2", li.AgentID, string(reply)), "which they see")
	d.ItemIs(ref, "state = 'waiting' and queue_id = $2 and affinity_agent is null and declined = '{}'", returns)
	require.Zero(t, d.Load(li))
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'left' and agent_id = $1", li.AgentID))
	d.RequireTriggered()
}

// TRF-2
func TestStanding_ActiveToActive_transferToAnAgent(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	ref := d.Had("wang", li)
	offer := d.Done(ref, li, command.Transfer, postgrestest.ToAgent(zhao)).Standing
	d.Stands(offer, postgrestest.Active, postgrestest.ByQueue, "")
	require.Equal(t, zhao.AgentID, offer.Offer.AgentID)
	require.False(t, offer.Offer.Deadline.IsZero())
	require.Equal(t, []int{0, 25}, []int{d.Load(li), d.Load(zhao)})
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'offer' and agent_id = $1", zhao.AgentID))

	d.Stands(d.Done(ref, zhao, command.Accept).Standing, postgrestest.Active, postgrestest.ByAgent, zhao.AgentID)
}

// TRF-2
func TestTransfer_returnsWhenRefused(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	ref := d.Had("wang", li)
	d.Done(ref, li, command.Transfer, postgrestest.ToAgent(zhao))
	d.Stands(d.Done(ref, zhao, command.Reject).Standing, postgrestest.Queued, postgrestest.ByQueue, "")
	d.ItemIs(ref, "affinity_agent = $2 and state = 'waiting'", li.AgentID)
}

// CAP-8
func TestStanding_ActiveToWaiting_putAside(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Exec(t, "delete from distribution_triggers")
	got := d.Done(ref, li, command.Wait)
	d.Stands(got.Standing, postgrestest.Aside, postgrestest.ByAgent, li.AgentID)
	require.Zero(t, d.Load(li), "released at once")
	require.Equal(t, conversation.DueIdle, got.Standing.Due[0].What)
	d.RequireTriggered()
}

// CAP-8, WS-8
func TestStanding_ActiveToWrapUp(t *testing.T) {
	t.Parallel()
	for block, want := range map[string]struct {
		load    int
		minutes int // until the capacity comes back; -1: not while it is live
	}{"always": {25, -1}, "never": {0, 0}, "after": {25, 5}} {
		t.Run(block, func(t *testing.T) {
			t.Parallel()
			d := postgrestest.NewOffice(t)
			d.Stream("wrap_up = $1, wrap_up_ms = 300000", block)
			li := d.NewAgent("Li")
			ref := d.Had("wang", li)
			d.Exec(t, "delete from distribution_triggers")
			d.Stands(d.Done(ref, li, command.WrapUp).Standing, postgrestest.WrapUp, postgrestest.ByAgent, li.AgentID)
			require.Equal(t, want.load, d.Load(li))
			var minutes int
			require.NoError(t, d.Raw.Get(&minutes, `select coalesce(round(extract(epoch from due_at - now()) / 60), -1)::int from (select max(due_at) as due_at from distribution_triggers) w`))
			require.Equal(t, want.minutes, minutes)
			d.Exec(t, `update assignments set holds_until = now() where holds_until is not null`)
			d.Closes(ref, conversation.ClosedByAgent)
			require.Zero(t, d.Load(li))
		})
	}
}

// LIF-2
func TestStanding_ActiveToClosed_afterThirtyDays(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	require.Empty(t, d.MustDue(ref).Closing)
	d.Exec(t, `update conversations set since = now() - interval '30 days 1 second'`)
	d.Closes(ref, d.MustDue(ref).Closing)
	require.Zero(t, d.Load(li))
}

// LIF-6
func TestTransfer_restartsTheStateLimit(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, bo := d.NewAgent("Li"), d.NewAgent("Bo")
	for customer, to := range map[string]postgrestest.With{"wang": postgrestest.ToQueue(d.NewQueue("Second", bo)), "zhou": postgrestest.ToAgent(bo)} {
		ref := d.Had(customer, li)
		d.Exec(t, `update conversations set since = now() - interval '29 days' where id = $1`, ref.Conversation)
		got := d.Done(ref, li, command.Transfer, to)
		if got.Standing.Offer != nil {
			got = d.Done(ref, bo, command.Accept)
		}
		limit := got.Standing.Due[len(got.Standing.Due)-1]
		require.Equal(t, conversation.DueLimit, limit.What)
		require.WithinDuration(t, time.Now().Add(conversation.ActiveLimit), limit.At, time.Minute)
	}
}

// SUP-5
func TestStanding_ActiveToClosed_byForce(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Exec(t, "delete from distribution_triggers")
	d.Done(ref, d.Supervisor, command.ForceClose)
	d.Closed(ref, conversation.ClosedByForce)
	require.Zero(t, d.Load(li))
	d.RequireTriggered()
}

// WS-11
func TestStanding_WaitingToOpen_customerWrites(t *testing.T) {
	t.Parallel()
	for affinity, kept := range map[bool]string{true: "affinity_agent is not null", false: "affinity_agent is null"} {
		d := postgrestest.NewOffice(t)
		d.Stream("affinity = $1", affinity)
		li := d.NewAgent("Li")
		ref := d.Had("wang", li)
		d.Done(ref, li, command.Wait)
		d.Exec(t, "delete from distribution_triggers")
		d.Exec(t, "delete from feed")

		got := d.Writes(ref, "wang", "I am back")
		d.Stands(got.Standing, postgrestest.Queued, postgrestest.ByQueue, "")
		require.False(t, got.WaitingSince.IsZero())
		d.ItemIs(ref, "state = 'waiting' and "+kept)
		require.Equal(t, 1, d.Count(t, "assignments", "state = 'ended'"))
		require.Equal(t, 1, d.Count(t, "feed", "kind = 'message'"))
		d.RequireTriggered()
	}
}

func TestStanding_WaitingToActive_agentResumes(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Done(ref, li, command.Wait)
	d.Stands(d.Done(ref, li, command.Resume).Standing, postgrestest.Active, postgrestest.ByAgent, li.AgentID)
	require.Equal(t, 25, d.Load(li))
}

// WS-14
func TestStanding_WaitingToActive_waitEnds(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	got := d.Done(ref, li, command.Wait, until(time.Now().Add(time.Hour)))
	require.Equal(t, conversation.DueReturn, got.Standing.Due[0].What)
	d.Exec(t, `update conversations set wait_until = now() - interval '1 second'`)
	d.Stands(d.MustDue(ref).Standing, postgrestest.Active, postgrestest.ByAgent, li.AgentID)
	require.Equal(t, 25, d.Load(li))
}

func TestStanding_WaitingToOpen_agentHasNoRoom(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Done(ref, li, command.Wait, until(time.Now().Add(time.Hour)))
	d.Exec(t, `update agents set units = 20`)
	d.Refused(command.RefusedCapacity, ref, li, command.Resume)
	d.Exec(t, `update conversations set wait_until = now() - interval '1 second'`)
	d.Stands(d.MustDue(ref).Standing, postgrestest.Queued, postgrestest.ByQueue, "")
	d.ItemIs(ref, "affinity_agent = $2", li.AgentID)
}

// LIF-4, WS-6, D11
func TestStanding_WaitingToClosed_idle(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("auto_close_ms = 60000")
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Done(ref, li, command.Wait)
	d.Exec(t, `update conversations set since = now() - interval '61 seconds'`)
	got := d.MustDue(ref)
	require.Equal(t, conversation.ClosedIdle, got.Closing)
	d.Closes(ref, got.Closing)
}

// LIF-10, D3
func TestStanding_WrapUpToActive_customerWrites(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("wrap_up = 'never'")
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Done(ref, li, command.WrapUp)
	require.Zero(t, d.Load(li))
	d.Stands(d.Writes(ref, "wang", "one more thing").Standing, postgrestest.Active, postgrestest.ByAgent, li.AgentID)
	require.Equal(t, 25, d.Load(li), "capacity is taken again")
}

// LIF-7
func TestStanding_WrapUpToClosed_agentCloses(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Done(ref, li, command.WrapUp)
	d.Sent()
	d.Stands(d.Done(ref, li, command.Close).Standing, postgrestest.Closed, postgrestest.ByAgent, li.AgentID)
	d.Closed(ref, conversation.ClosedByAgent)
	require.Zero(t, d.Load(li))
}

// LIF-2, LIF-5
func TestStanding_WrapUpToClosed_afterADay(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Done(ref, li, command.WrapUp)
	d.Exec(t, `update conversations set since = now() - interval '1 day 1 second'`)
	d.Closes(ref, d.MustDue(ref).Closing)
}

// ACC-15, WS-11, D1
func TestStanding_ClosedIsFinal(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Closes(ref, conversation.ClosedByAgent)
	for _, kind := range []command.Kind{command.Accept, command.Reply, command.Close} {
		d.Refused(command.RefusedClosed, ref, li, kind)
	}
	require.Empty(t, d.MustDue(ref).Closing)
	d.ItemIs(d.Waiting("wang"), "affinity_agent = $2", li.AgentID)
}

// WS-11
func TestHandOver_affinityEndsAtItsAge(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("affinity_age_ms = 3600000")
	li := d.NewAgent("Li")
	for customer, since := range map[string]string{"wang": "59 minutes", "zhang": "61 minutes"} {
		ref := d.Had(customer, li)
		d.Closes(ref, conversation.ClosedByAgent)
		d.Exec(t, `update conversations set closed_at = now() - $2::interval where id = $1`, ref.Conversation, since)
	}
	d.ItemIs(d.Waiting("wang"), "affinity_agent = $2", li.AgentID)
	d.ItemIs(d.Waiting("zhang"), "affinity_agent is null")
}

// QUE-3
func TestReceive_keepsThePlaceInTheQueue(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Waiting("wang")
	d.Exec(t, `update work_items set since = now() - interval '1 hour'`)
	d.Writes(ref, "wang", "anybody?")
	d.ItemIs(ref, "since < now() - interval '59 minutes'")

	back := d.Had("zhang", li)
	d.Done(back, li, command.Wait)
	d.Exec(t, `update work_items set since = now() - interval '1 hour'`)
	d.Writes(back, "zhang", "I am back")
	d.ItemIs(back, "since > now() - interval '1 minute'")
}

// OVF-3
func TestHandOver_endingMakesNoWork(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	d.Writes(ref, "wang", "hello")
	d.MustRequestHandOver(t, ref)
	full := routing.Decision{QueueID: d.TheQueue, End: true, Notice: routing.NoticeFull, Alert: "queue-full"}
	first := d.MustHandOver(t, ref, full)
	require.Equal(t, first.Standing, d.MustHandOver(t, ref, full).Standing)
	require.True(t, first.End)
	require.True(t, first.Send, "the customer is told before it ends")
	require.Equal(t, conversation.ClosedOverflow, d.WishedEnd(t, ref))
	require.Len(t, d.Queued(t, ref), 1)
	require.Zero(t, d.Count(t, "work_items", "true"))
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'alert'"))
	require.Equal(t, 1, d.Count(t, "routing_traces", "stage = 'route'"))
}

func until(at time.Time) postgrestest.With { return func(c *command.Command) { c.Until = at } }
