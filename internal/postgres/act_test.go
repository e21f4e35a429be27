package postgres_test

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
	"wxdesk/internal/secret"
)

// R12, A12
func TestAct_repeatsAtOnceReadTheSame(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.exec(t, `delete from outbox`)
	order := d.order(ref, li, command.Reply, canary+" Good morning")
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
	require.Equal(t, 1, d.count(t, "messages", "author = 'agent'"))
	require.Equal(t, 1, d.count(t, "outbox", "act = 'reply' and not assignment"))

	d.exec(t, `update conversations set state = 'wrap_up', revision = revision + 1`)
	again, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, answers[0], again, "as it was then")
}

func TestAct_keyOfYesterdayActsAnew(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	order := d.order(ref, li, command.Reply, "hello")
	first, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	d.exec(t, `update commands set created_at = now() - interval '24 hours 1 second'`)
	order.BodyHash = [32]byte{1} // another request, now that the key is free
	second, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	require.NotEqual(t, first.MessageID, second.MessageID)
	require.NotNil(t, second.Notice)
	require.Equal(t, 2, d.count(t, "deliveries", "status = 'queued' and epoch is not null"), "it was really done")
	require.Equal(t, 2, d.count(t, "commands", "true"), "the key's row was used again")

	d.exec(t, `update commands set created_at = now() - interval '24 hours 1 second' where path = '/accept'`)
	require.NoError(t, forget(t, d.DB))
	require.Equal(t, 1, d.count(t, "commands", "true"))
}

// A11
func TestAct_otherRequestUnderTheKey(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	order := d.order(ref, li, command.Reply, "hello")
	order.BodyHash = [32]byte{7}
	first, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	other := order
	other.BodyHash = [32]byte{8}
	_, err = d.Act(t.Context(), other)
	require.ErrorIs(t, err, command.ErrKeyReused)
	require.Zero(t, d.count(t, "commands", "position($1 in encode(request, 'hex')) > 0", hex.EncodeToString(order.BodyHash[:])), "the hash is keyed")

	// After a rotation of master keys the key still tells requests apart.
	fresh, old := secret.NewMasterKey("new").Reveal(), d.keys
	ring, err := secret.ParseKeyring(secret.New(fresh + "," + old))
	require.NoError(t, err)
	rotated := open(t, d.dsn, ring)
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
	d := newOffice(t)
	li := d.agent("Li")
	broken, fine := d.had("wang", li), d.had("qian", li)
	d.exec(t, `update customers set data_key = 'no key' where id = (select customer_id from conversations where id = $1)`, broken.Conversation)
	order := d.order(broken, li, command.Reply, "hello")
	_, err := d.Act(t.Context(), order)
	require.ErrorIs(t, err, secret.ErrUnavailable)
	require.Zero(t, d.count(t, "commands", "key = $1", order.Key))
	require.Empty(t, d.command(fine, li, command.Reply, "hello").Refused)

	end := d.order(broken, d.supervisor, command.ForceClose, "")
	got, err := d.Act(t.Context(), end)
	require.NoError(t, err, "what needs no key is done")
	require.Equal(t, closed, got.Conversation.State)
	again, err := d.Act(t.Context(), end)
	require.NoError(t, err)
	require.Equal(t, got.Conversation, again.Conversation)
}

// S5
func TestAct_whoLostSightMayRepeat(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, zhao := d.agent("Li"), d.agent("Zhao")
	d.newQueue("Returns", zhao)
	ref := d.offered("wang", li)
	order := d.order(ref, li, command.Reject, "")
	first, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	d.done(ref, d.supervisor, command.Assign, toAgent(zhao))
	_, err = d.Conversation(t.Context(), viewing(li.AgentID), ref.Conversation)
	require.ErrorIs(t, err, conversation.ErrNotFound)

	again, err := d.Act(t.Context(), order)
	require.NoError(t, err)
	first.Notice = nil
	require.Equal(t, first, again)
	for _, kind := range []command.Kind{command.Reply, command.Pick, command.Close, command.Note} {
		_, err = d.Act(t.Context(), d.order(ref, li, kind, "x"))
		require.ErrorIs(t, err, conversation.ErrNotFound, kind)
	}
	d.refused(command.RefusedOfferOver, ref, li, command.Accept) // they were asked, and may know that it is over
	_, err = d.Act(t.Context(), d.order(conversation.Ref{Tenant: tenant, Conversation: newConversation()}, d.supervisor, command.Close, ""))
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

// A16
func TestAct_staleShowsTheConversationAsItIs(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	now, err := d.Conversation(t.Context(), everything, ref.Conversation)
	require.NoError(t, err)
	for _, seen := range []int64{now.Revision - 1, now.Revision + 1, -1} {
		order := d.order(ref, li, command.Wait, "", func(c *command.Command) { c.IfRevision = seen })
		got, err := d.Act(t.Context(), order)
		require.NoError(t, err)
		require.Equal(t, command.RefusedStale, got.Refused)
		require.Equal(t, now, got.Conversation)
		require.Zero(t, d.count(t, "commands", "key = $1", order.Key))
	}
}

func TestClose_waitsForWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.sent()
	reply := d.command(ref, li, command.Reply, "Goodbye").MessageID
	got, err := d.Act(t.Context(), d.order(ref, li, command.Close, ""))
	require.NoError(t, err)
	require.Equal(t, conversation.ClosedByAgent, got.Conversation.Ending)
	require.NotEqual(t, closed, got.Conversation.State)
	require.Equal(t, conversation.DeliveryQueued, d.fate(t, ref, reply).Status, "it still goes out")
	require.Zero(t, d.load(li), "the agent is free")
	d.itemIs(ref, "state = 'done'")
	require.Equal(t, 1, d.count(t, "owed", "conversation_id = $1 and what = 'end'", ref.Conversation))
	found, err := d.Disagreements(t.Context(), tenant)
	require.NoError(t, err)
	require.Empty(t, found)
	work, err := d.Work(t.Context(), viewing(li.AgentID))
	require.NoError(t, err)
	require.Empty(t, work.Mine)

	for _, kind := range []command.Kind{
		command.Reply, command.Note, command.Wait, command.Transfer, command.Close,
		command.WrapUp, command.SetContext, command.Resend,
	} {
		d.refused(command.RefusedClosed, ref, li, kind)
	}
	d.refused(command.RefusedClosed, ref, d.supervisor, command.Assign, toAgent(li))
	d.done(ref, d.supervisor, command.ForceClose)
	d.closed(ref, conversation.ClosedByForce)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "conversation-closed"}, d.fate(t, ref, reply))
}

// A15: a refused reply is one read under one lock.
func TestReply_refusedCostsFewStatements(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, zhao := d.agent("Li"), d.agent("Zhao")
	ref := d.had("wang", li)
	d.exec(t, `update customers set message_left = 0`)
	recorder := tracetest.NewSpanRecorder()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	db, err := postgres.Open(t.Context(), d.dsn, d.ring, postgres.WithTracers(tracers))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	statements := func(by access.Principal) (n int, refused command.Refusal, err error) {
		ctx, span := tracers.Tracer("test").Start(t.Context(), "reply")
		before := len(recorder.Ended())
		got, err := db.Act(ctx, d.order(ref, by, command.Reply, "hello"))
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

func TestErrors_aLockThatIsHeldIsBusy(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	ref := d.waiting("wang")
	other, err := d.raw.Beginx()
	require.NoError(t, err)
	defer other.Rollback() //nolint:errcheck // ends the lock
	_, err = other.Exec(`select from conversations where id = $1 for update`, ref.Conversation)
	require.NoError(t, err)
	err = d.InTx(t.Context(), func(tx *postgres.Tx) error {
		if _, err := tx.Exec(`set local lock_timeout = '20ms'`); err != nil {
			return err
		}
		_, err := tx.Exec(`select from conversations where id = $1 for update`, ref.Conversation)
		return err
	})
	require.ErrorIs(t, err, conversation.ErrBusy)
}

func TestNotices_eachIsClaimedOnce(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.agents(t, 3, 4)
	f.arrive(t, 12)
	require.Equal(t, 12, f.distribute(t, f.DB))
	fresh, err := f.Notices(t.Context(), 100)
	require.NoError(t, err)
	require.Empty(t, fresh, "who committed them tells them")

	f.exec(t, `update outbox set claimed_until = now() - interval '1 second'`)
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
	require.Equal(t, 1, f.count(t, "outbox", "number = $1", all[11].Number))
	require.NoError(t, f.Delivered(t.Context()))
}

// A hundred that fail do not starve the rest.
func TestNotices_failedOnesWaitBehindTheOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 120 {
		id := newConversation()
		f.receive(t, f.batch(id, uuid.NewString(), says(uuid.NewString(), "hello")))
	}
	f.exec(t, `insert into outbox (tenant, conversation_id, workflow_id, act, assignment, claimed_until)
		select tenant, id, workflow_id, 'reply', false, now() - row_number() over () * interval '1 second' from conversations`)
	first, err := f.Notices(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, first, 100)
	rest, err := f.Notices(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, rest, 20)

	for tries, least := range map[int]int{0: 9, 1: 19, 2: 29, 3: 29, 50: 29} { // seconds
		f.exec(t, `update outbox set tries = $1, claimed_until = now() - interval '1 second'`, tries)
		_, err = f.Notices(t.Context(), 200)
		require.NoError(t, err)
		require.Equal(t, 120, f.count(t, "outbox", "claimed_until between now() + $1 * interval '1 second' and now() + interval '31 seconds'", least))
	}
}

func TestDelivered_leavesANewerNotice(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.offered("wang", li)
	first, err := d.Act(t.Context(), d.order(ref, li, command.Accept, ""))
	require.NoError(t, err)
	second, err := d.Act(t.Context(), d.order(ref, li, command.Reply, "hello"))
	require.NoError(t, err)
	require.Greater(t, second.Notice.Number, first.Notice.Number)
	require.True(t, second.Notice.Assignment, "the run has not heard of the assignment either")
	require.NoError(t, d.Delivered(t.Context(), *first.Notice))
	require.Equal(t, 1, d.count(t, "outbox", "act = 'reply'"))
	require.NoError(t, d.Delivered(t.Context(), *second.Notice))
	require.Zero(t, d.count(t, "outbox", "true"))
	third, err := d.Act(t.Context(), d.order(ref, li, command.Reply, "again"))
	require.NoError(t, err)
	require.Greater(t, third.Notice.Number, second.Notice.Number, "no number comes twice")
	require.False(t, third.Notice.Assignment)

	d.exec(t, `delete from outbox`)
	for kind, text := range map[command.Kind]string{command.Note: "rude", command.SetContext: `{}`, command.SetSkills: `[]`} {
		require.Empty(t, d.command(ref, d.supervisor, kind, text).Refused)
	}
	require.Zero(t, d.count(t, "outbox", "true"), "of these no run is told")
}

func TestRunGone_failsWhatWaitsToBeSent(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	reply := d.command(ref, li, command.Reply, "hello").MessageID
	d.exec(t, `delete from distribution_triggers`)
	for range 2 {
		require.NoError(t, d.RunGone(context.WithoutCancel(t.Context()), ref))
	}
	d.closed(ref, conversation.ClosedSuperseded)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "conversation-closed"}, d.fate(t, ref, reply))
	require.Zero(t, d.load(li))
	require.Zero(t, d.count(t, "outbox", "true"))
	d.requireTriggered()
}
