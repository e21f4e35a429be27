package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

func TestRTQ5_aRulesOverflowAlsoCountsAfterAWait(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	other := d.newQueue("Other", d.agent("Li"))
	d.exec(t, `update queues set overflow = '{"wait": {"seconds": 600, "do": "end"}}'`)
	decision := toDefaultQueue()
	decision.Overflow = &routing.Overflow{Wait: &routing.OverflowWait{
		Seconds: 60, OverflowAction: routing.OverflowAction{Do: routing.OverflowTransfer, QueueID: other},
	}}
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	d.receive(t, d.batch(ref.Conversation, "wang", says(uuid.NewString(), "a person, please")))
	d.requestHandOver(t, ref)
	in := d.handOver(t, ref, decision)
	require.Equal(t, conversation.DueOverflow, in.Standing.Due[0].What)
	require.WithinDuration(t, time.Now().Add(time.Minute), in.Standing.Due[0].At, 20*time.Second)

	d.exec(t, `update work_items set queued_at = now() - interval '61 seconds'`)
	got := d.due(ref)
	require.Equal(t, other, got.Standing.QueueID)
	require.WithinDuration(t, time.Now().Add(10*time.Minute), got.Standing.Due[0].At, 20*time.Second, "the other queue has its own")
	d.exec(t, `update work_items set queued_at = now() - interval '601 seconds'`)
	require.Equal(t, conversation.ClosedOverflow, d.due(ref).Closing)
}

func TestRTQ5_aRulesOverflowLastsWhileItIsOfferedAndComesBack(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	ref, li := d.waiting("wang"), d.agent("Li")
	d.exec(t, `update work_items set overflow = '{"wait": {"seconds": 60, "do": "end"}}'`)
	d.offer(ref, li)
	got := d.done(ref, li, command.Reject)
	require.Equal(t, conversation.DueOverflow, got.Standing.Due[0].What)
	second := d.newQueue("Second", li)
	got = d.done(ref, d.supervisor, command.Assign, toQueue(second))
	require.Equal(t, conversation.DueLimit, got.Standing.Due[0].What, "the second queue has none")
}

func TestOVF5_aClosedQueueDoesNotTakeWhatHasWaitedElsewhere(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	other := d.newQueue("Other", d.agent("Li"))
	hours := uuid.NewString()
	d.exec(t, `insert into operating_hours (tenant, id, name, time_zone) values ('default', $1, 'Never', 'Asia/Shanghai')`, hours)
	d.exec(t, `update queues set hours_id = $2 where id = $1`, other, hours)
	d.exec(t, `update queues set overflow = jsonb_build_object('wait', jsonb_build_object('seconds', 60, 'do', 'transfer', 'queue_id', $2::text)) where id = $1`, defaultQueue, string(other))
	ref := d.waiting("wang")
	d.exec(t, `update work_items set queued_at = now() - interval '61 seconds'`)
	got := d.due(ref)
	require.EqualValues(t, defaultQueue, got.Standing.QueueID)
	require.Equal(t, 1, d.count(t, "routing_traces", `stage = 'overflow' and body ->> 'reason' = 'out-of-hours' and not body ? 'to'`))

	d.exec(t, `update queues set hours_id = null`)
	d.exec(t, `update work_items set queued_at = now() - interval '61 seconds'`)
	require.Equal(t, other, d.due(ref).Standing.QueueID)
}
