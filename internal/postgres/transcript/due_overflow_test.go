package transcript_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// RTQ-5
func TestDue_ruleOverflowCountsAfterAWait(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	other := d.NewQueue("Other", d.NewAgent("Li"))
	d.Exec(t, `update queues set overflow = '{"wait": {"seconds": 600, "do": "end"}}'`)
	decision := postgrestest.ToDefaultQueue()
	decision.Overflow = &routing.Overflow{Wait: &routing.OverflowWait{
		Seconds: 60, OverflowAction: routing.OverflowAction{Do: routing.OverflowTransfer, QueueID: other},
	}}
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	d.MustReceive(t, d.Batch(ref.Conversation, "wang", postgrestest.Says(uuid.NewString(), "a person, please")))
	d.MustRequestHandOver(t, ref)
	in := d.MustHandOver(t, ref, decision)
	require.Equal(t, conversation.DueOverflow, in.Standing.Due[0].What)
	require.WithinDuration(t, time.Now().Add(time.Minute), in.Standing.Due[0].At, 20*time.Second)

	d.Exec(t, `update work_items set queued_at = now() - interval '61 seconds'`)
	got := d.MustDue(ref)
	require.Equal(t, other, got.Standing.QueueID)
	require.WithinDuration(t, time.Now().Add(10*time.Minute), got.Standing.Due[0].At, 20*time.Second, "the other queue has its own")
	d.Exec(t, `update work_items set queued_at = now() - interval '601 seconds'`)
	require.Equal(t, conversation.ClosedOverflow, d.MustDue(ref).Closing)
}

// RTQ-5
func TestDue_ruleOverflowReturnsAfterAReject(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	ref, li := d.Waiting("wang"), d.NewAgent("Li")
	d.Exec(t, `update work_items set overflow = '{"wait": {"seconds": 60, "do": "end"}}'`)
	d.Offer(ref, li)
	got := d.Done(ref, li, command.Reject)
	require.Equal(t, conversation.DueOverflow, got.Standing.Due[0].What)
	second := d.NewQueue("Second", li)
	got = d.Done(ref, d.Supervisor, command.Assign, postgrestest.ToQueue(second))
	require.Equal(t, conversation.DueLimit, got.Standing.Due[0].What, "the second queue has none")
}

// OVF-5
func TestDue_closedQueueTakesNoOverflow(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	other := d.NewQueue("Other", d.NewAgent("Li"))
	hours := uuid.NewString()
	d.Exec(t, `insert into operating_hours (tenant, id, name, time_zone) values ('default', $1, 'Never', 'Asia/Shanghai')`, hours)
	d.Exec(t, `update queues set hours_id = $2 where id = $1`, other, hours)
	d.Exec(t, `update queues set overflow = jsonb_build_object('wait', jsonb_build_object('seconds', 60, 'do', 'transfer', 'queue_id', $2::text)) where id = $1`, postgrestest.DefaultQueue, string(other))
	ref := d.Waiting("wang")
	d.Exec(t, `update work_items set queued_at = now() - interval '61 seconds'`)
	got := d.MustDue(ref)
	require.EqualValues(t, postgrestest.DefaultQueue, got.Standing.QueueID)
	require.Equal(t, 1, d.Count(t, "routing_traces", `stage = 'overflow' and body ->> 'reason' = 'out-of-hours' and not body ? 'to'`))

	d.Exec(t, `update queues set hours_id = null`)
	d.Exec(t, `update work_items set queued_at = now() - interval '61 seconds'`)
	require.Equal(t, other, d.MustDue(ref).Standing.QueueID)
}
