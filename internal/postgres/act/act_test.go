package act_test

import (
	"context"
	"encoding/hex"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/secret"
)

// R12, A12
func TestAct_repeatsAtOnceReadTheSame(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Exec(t, `delete from outbox`)
	order := d.Order(ref, li, command.Reply, postgrestest.Canary+" Good morning")
	answers := make([]command.Result, 5)
	var group errgroup.Group
	for i := range answers {
		group.Go(func() (err error) {
			answers[i], err = d.Act(t.Context(), order)
			return err
		})
	}
	require.NoError(t, group.Wait())
	told := 0
	for i := range answers {
		if answers[i].Notice != nil {
			told++
			require.Equal(t, "reply", answers[i].Notice.Act)
		}
		answers[i].Notice = nil
		require.Equal(t, answers[0], answers[i])
	}
	require.Equal(t, 1, told)
	require.Equal(t, 1, d.Count(t, "messages", "author = 'agent'"))
	require.Equal(t, 1, d.Count(t, "outbox", "act = 'reply' and not assignment"))

	d.Exec(t, `update conversations set state = 'wrap_up', revision = revision + 1`)
	again, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, answers[0], again, "as it was then")
}

func TestAct_keyExpiresAfterADay(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	order := d.Order(ref, li, command.Reply, "hello")
	first, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	d.Exec(t, `update commands set created_at = now() - interval '24 hours 1 second'`)
	order.BodyHash = [32]byte{1} // another request, now that the key is free
	second, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	require.NotEqual(t, first.MessageID, second.MessageID)
	require.NotNil(t, second.Notice)
	require.Equal(t, 2, d.Count(t, "deliveries", "status = 'queued' and epoch is not null"), "it was really done")
	require.Equal(t, 2, d.Count(t, "commands", "true"), "the key's row was used again")

	d.Exec(t, `update commands set created_at = now() - interval '24 hours 1 second' where path = '/accept'`)
	require.NoError(t, postgrestest.Forget(t, d.Ledger))
	require.Equal(t, 1, d.Count(t, "commands", "true"))
}

// A11
func TestAct_otherRequestUnderTheKey(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	order := d.Order(ref, li, command.Reply, "hello")
	order.BodyHash = [32]byte{7}
	first, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	other := order
	other.BodyHash = [32]byte{8}
	_, err = d.Act(t.Context(), other)
	require.ErrorIs(t, err, command.ErrKeyReused)
	require.Zero(t, d.Count(t, "commands", "position($1 in encode(request, 'hex')) > 0", hex.EncodeToString(order.BodyHash[:])), "the hash is keyed")

	// After a rotation of master keys the key still tells requests apart.
	fresh, old := secret.NewMasterKey("new").Reveal(), d.Keys
	ring, err := secret.ParseKeyring(secret.New(fresh + "," + old))
	require.NoError(t, err)
	rotated := postgrestest.Open(t, d.DSN, ring)
	again, err := rotated.Act(t.Context(), order)
	require.NoError(t, err)
	first.Notice = nil
	require.Equal(t, first, again)
	_, err = rotated.Act(t.Context(), other)
	require.ErrorIs(t, err, command.ErrKeyReused)
}

// It refuses at once, and blocks nobody.
func TestAct_customersKeyThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	broken, fine := d.Had("wang", li), d.Had("qian", li)
	d.Exec(t, `update customers set data_key = 'no key' where id = (select customer_id from conversations where id = $1)`, broken.Conversation)
	order := d.Order(broken, li, command.Reply, "hello")
	_, err := d.Act(t.Context(), order)
	require.ErrorIs(t, err, secret.ErrUnavailable)
	require.Zero(t, d.Count(t, "commands", "key = $1", order.Key))
	require.Empty(t, d.Command(fine, li, command.Reply, "hello").Refused)

	end := d.Order(broken, d.Supervisor, command.ForceClose, "")
	got, err := d.Act(t.Context(), end)
	require.NoError(t, err, "what needs no key is done")
	require.Equal(t, postgrestest.Closed, got.Conversation.State)
	again, err := d.Act(t.Context(), end)
	require.NoError(t, err)
	require.Equal(t, got.Conversation, again.Conversation)
}

// The stored answer is sealed by the customer's key alone: it is gone when that key is destroyed.
func TestAct_answerErasedWithCustomersKey(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	order := d.Order(ref, li, command.Reply, "hello")
	_, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	again, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	require.NotEmpty(t, again.Conversation.ID, "it is kept")

	d.Exec(t, `update customers set data_key = '' where id = (select customer_id from conversations where id = $1)`, ref.Conversation)
	_, err = d.Act(t.Context(), order)
	require.ErrorIs(t, err, secret.ErrUnavailable)
}

// S5
func TestAct_repeatAllowedAfterLosingAccess(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	d.NewQueue("Returns", zhao)
	ref := d.Offered("wang", li)
	order := d.Order(ref, li, command.Reject, "")
	first, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	d.Done(ref, d.Supervisor, command.Assign, postgrestest.ToAgent(zhao))
	_, err = d.Conversation(t.Context(), postgrestest.Viewing(li.AgentID), ref.Conversation)
	require.ErrorIs(t, err, conversation.ErrNotFound)

	again, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	first.Notice = nil
	require.Equal(t, first, again)
	for _, kind := range []command.Kind{command.Reply, command.Pick, command.Close, command.Note} {
		_, err = d.Act(t.Context(), d.Order(ref, li, kind, "x"))
		require.ErrorIs(t, err, conversation.ErrNotFound, kind)
	}
	d.Refused(command.RefusedOfferOver, ref, li, command.Accept) // they were asked, and may know that it is over
	_, err = d.Act(t.Context(), d.Order(conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}, d.Supervisor, command.Close, ""))
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

// A16
func TestAct_staleRevisionGetsTheCurrentOne(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	now, err := d.Conversation(t.Context(), li.Viewer(), ref.Conversation)
	require.NoError(t, err)
	for _, seen := range []int64{now.Revision - 1, now.Revision + 1, -1} {
		order := d.Order(ref, li, command.Wait, "", func(c *command.Command) { c.IfRevision = seen })
		got, err := d.Act(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, command.RefusedStale, got.Refused)
		require.Equal(t, now, got.Conversation)
		require.Zero(t, d.Count(t, "commands", "key = $1", order.Key))
	}
}

func TestAct_closeWaitsForUnsentMessages(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Sent()
	reply := d.Command(ref, li, command.Reply, "Goodbye").MessageID
	got, err := d.Act(t.Context(), d.Order(ref, li, command.Close, ""))
	require.NoError(t, err)
	require.Equal(t, conversation.ClosedByAgent, got.Conversation.Ending)
	require.NotEqual(t, postgrestest.Closed, got.Conversation.State)
	require.Equal(t, conversation.DeliveryQueued, d.Fate(t, ref, reply).Status, "it still goes out")
	require.Zero(t, d.Load(li), "the agent is free")
	d.ItemIs(ref, "state = 'done'")
	require.Equal(t, 1, d.Count(t, "owed", "conversation_id = $1 and what = 'end'", ref.Conversation))
	found, err := d.Disagreements(t.Context(), postgrestest.Tenant)
	require.NoError(t, err)
	require.Empty(t, found)
	work, err := d.Work(t.Context(), postgrestest.Viewing(li.AgentID))
	require.NoError(t, err)
	require.Empty(t, work.Mine)

	for _, kind := range []command.Kind{
		command.Reply, command.Note, command.Wait, command.Transfer, command.Close,
		command.WrapUp, command.SetContext, command.Resend,
	} {
		d.Refused(command.RefusedClosed, ref, li, kind)
	}
	d.Refused(command.RefusedClosed, ref, d.Supervisor, command.Assign, postgrestest.ToAgent(li))
	d.Done(ref, d.Supervisor, command.ForceClose)
	d.Closed(ref, conversation.ClosedByForce)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "conversation-closed"}, d.Fate(t, ref, reply))
}

// A refused reply is one read under one lock.
func TestReply_refusedCostsFewStatements(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	ref := d.Had("wang", li)
	d.Exec(t, `update customers set message_left = 0`)
	recorder := tracetest.NewSpanRecorder()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	db, err := postgrestest.OpenLedger(t.Context(), d.DSN, d.Ring, postgrestest.WithPool(postgres.WithTracers(tracers)))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	statements := func(by access.Principal) (n int, refused command.Refusal, err error) {
		ctx, span := tracers.Tracer("test").Start(t.Context(), "reply")
		before := len(recorder.Ended())
		got, err := db.Act(ctx, d.Order(ref, by, command.Reply, "hello"))
		span.End()
		for _, s := range recorder.Ended()[before:] {
			if s.Name() == "sql.conn.exec" || s.Name() == "sql.conn.query" {
				n++
			}
		}
		return n, got.Refused, err
	}
	n, refused, err := statements(li)
	require.NoError(t, err)
	require.Equal(t, command.RefusedAllowance, refused)
	require.Equal(t, 2, n, "the key, the conversation with its customer")
	n, _, err = statements(zhao)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	require.Equal(t, 3, n, "and whether they may see it")
}

func TestErrors_heldLockIsBusy(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	ref := d.Waiting("wang")
	other, err := d.Raw.Beginx()
	require.NoError(t, err)
	defer other.Rollback() //nolint:errcheck // ends the lock
	_, err = other.Exec(`select from conversations where id = $1 for update`, ref.Conversation)
	require.NoError(t, err)
	err = d.InTx(t.Context(), "try", func(tx *postgres.Tx) error {
		if _, err := tx.Exec(`set local lock_timeout = '20ms'`); err != nil {
			return err
		}
		_, err := tx.Exec(`select from conversations where id = $1 for update`, ref.Conversation)
		return err
	})
	require.ErrorIs(t, err, conversation.ErrBusy)
}

func TestOutbox_noticeIsClaimedOnce(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 3, 4)
	f.Arrive(t, 12)
	require.Equal(t, 12, f.MustDistribute(t, f.Ledger))
	fresh, err := f.Notices(t.Context(), 100)
	require.NoError(t, err)
	require.Empty(t, fresh, "who committed them tells them")

	f.Exec(t, `update outbox set claimed_until = now() - interval '1 second'`)
	claimed := make([][]conversation.RunNotice, 3)
	var group errgroup.Group
	for i := range claimed {
		group.Go(func() (err error) {
			claimed[i], err = f.Notices(t.Context(), 5)
			return err
		})
	}
	require.NoError(t, group.Wait())
	once := map[int64]bool{}
	var all []conversation.RunNotice
	for _, n := range append(append(claimed[0], claimed[1]...), claimed[2]...) {
		require.False(t, once[n.Number])
		require.Equal(t, []any{"assigned", true}, []any{n.Act, n.Assignment})
		require.NotEmpty(t, n.WorkflowID)
		once[n.Number] = true
		all = append(all, n)
	}
	require.Len(t, once, 12)
	more, err := f.Notices(t.Context(), 100)
	require.NoError(t, err)
	require.Empty(t, more, "whoever has a notice has it for some seconds")

	require.NoError(t, f.Delivered(t.Context(), all[:11]...))
	require.Equal(t, 1, f.Count(t, "outbox", "number = $1", all[11].Number))
	require.NoError(t, f.Delivered(t.Context()))
}

// A hundred that fail do not starve the rest.
func TestOutbox_failedNoticesWaitBehindOthers(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	for range 120 {
		id := postgrestest.NewConversation()
		f.MustReceive(t, f.Batch(id, uuid.NewString(), postgrestest.Says(uuid.NewString(), "hello")))
	}
	f.Exec(t, `insert into outbox (tenant, conversation_id, workflow_id, act, assignment, claimed_until)
		select tenant, id, workflow_id, 'reply', false, now() - row_number() over () * interval '1 second' from conversations`)
	first, err := f.Notices(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, first, 100)
	rest, err := f.Notices(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, rest, 20)

	for tries, least := range map[int]int{0: 9, 1: 19, 2: 29, 3: 29, 50: 29} { // seconds
		f.Exec(t, `update outbox set tries = $1, claimed_until = now() - interval '1 second'`, tries)
		_, err = f.Notices(t.Context(), 200)
		require.NoError(t, err)
		require.Equal(t, 120, f.Count(t, "outbox", "claimed_until between now() + $1 * interval '1 second' and now() + interval '31 seconds'", least))
	}
}

func TestDelivered_leavesANewerNotice(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Offered("wang", li)
	first, err := d.Act(t.Context(), d.Order(ref, li, command.Accept, ""))
	require.NoError(t, err)
	second, err := d.Act(t.Context(), d.Order(ref, li, command.Reply, "hello"))
	require.NoError(t, err)
	require.Greater(t, second.Notice.Number, first.Notice.Number)
	require.True(t, second.Notice.Assignment, "the run has not heard of the assignment either")
	require.NoError(t, d.Delivered(t.Context(), *first.Notice))
	require.Equal(t, 1, d.Count(t, "outbox", "act = 'reply'"))
	require.NoError(t, d.Delivered(t.Context(), *second.Notice))
	require.Zero(t, d.Count(t, "outbox", "true"))
	third, err := d.Act(t.Context(), d.Order(ref, li, command.Reply, "again"))
	require.NoError(t, err)
	require.Greater(t, third.Notice.Number, second.Notice.Number, "no number comes twice")
	require.False(t, third.Notice.Assignment)

	d.Exec(t, `delete from outbox`)
	for kind, text := range map[command.Kind]string{command.Note: "rude", command.SetContext: `{}`, command.SetSkills: `[]`} {
		require.Empty(t, d.Command(ref, d.Supervisor, kind, text).Refused)
	}
	require.Zero(t, d.Count(t, "outbox", "true"), "of these no run is told")
}

func TestRunGone_failsWhatWaitsToBeSent(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	reply := d.Command(ref, li, command.Reply, "hello").MessageID
	d.Exec(t, `delete from distribution_triggers`)
	for range 2 {
		require.NoError(t, d.RunGone(context.WithoutCancel(t.Context()), ref))
	}
	d.Closed(ref, conversation.ClosedSuperseded)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "conversation-closed"}, d.Fate(t, ref, reply))
	require.Zero(t, d.Load(li))
	require.Zero(t, d.Count(t, "outbox", "true"))
	d.RequireTriggered()
}
