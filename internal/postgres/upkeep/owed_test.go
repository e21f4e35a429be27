package upkeep_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/postgres/upkeep"
	"wxdesk/internal/reconcile"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// owes is what the view says that a conversation owes.
func owes(f *postgrestest.Fixture, t testing.TB, c conversation.Ref) (what []string) {
	t.Helper()
	require.NoError(t, f.Raw.Select(&what, `select what from owed where conversation_id = $1 order by what`, c.Conversation))
	return what
}

// requireOwed requires that the view, and everything that reads it, says this.
func requireOwed(f *postgrestest.Fixture, t testing.TB, c conversation.Ref, what ...string) conversation.Situation {
	t.Helper()
	require.Equal(t, what, owes(f, t, c))
	s, err := f.ReadSituation(t.Context(), c)
	require.NoError(t, err)
	var said []string
	for kind, owed := range map[string]bool{"turn": s.Turn, "send": s.Send, "hand-over": s.HandOver, "end": s.End} {
		if owed {
			said = append(said, kind)
		}
	}
	require.ElementsMatch(t, what, said)
	return s
}

// R27
// What is owed appears with the step that owes it, and disappears with the one that does it.
func TestOwed_appearsAndDisappears(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	_, err := f.ReadSituation(t.Context(), ref)
	require.ErrorIs(t, err, conversation.ErrNotFound)

	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "hello"), postgrestest.Says("k2", "a person")))
	requireOwed(f, t, ref, "turn")
	f.BotAnswers(t, ref, bot.Answer{Texts: []string{"hi"}})
	requireOwed(f, t, ref, "send", "turn")
	f.MustRequestHandOver(t, ref)
	requireOwed(f, t, ref, "hand-over", "send")
	f.MustHandOver(t, ref, postgrestest.ToDefaultQueue())
	requireOwed(f, t, ref, "send") // the notice; the answer is superseded
	attempt := uuid.NewString()
	id := f.Marks(t, ref, attempt).MessageID
	s := requireOwed(f, t, ref, "send")
	require.Greater(t, s.SendIn, time.Second, "not before the mark has ended")
	f.Outcome(t, ref, id, attempt, wechat.SendOutcome{Status: wechat.SendSent})
	requireOwed(f, t, ref)
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k3", "hello?")))
	requireOwed(f, t, ref) // people have it
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Unfollows("k4")))
	requireOwed(f, t, ref, "end")
	postgrestest.Ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	requireOwed(f, t, ref)
	require.Equal(t, 1, f.Count(t, "conversations", "close_reason = 'unfollowed'"))
}

// A wish is owed from when it was made, however long the state has lasted; the end from when the last message can be sent.
func TestOwed_countsFromTheRequest(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	late := func(c conversation.Ref) int {
		return f.Count(t, "owed", "conversation_id = $1 and not_before < now() - interval '1 minute'", c.Conversation)
	}
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "bye")))
	f.Exec(t, `update conversations set since = now() - interval '1 day'`)
	f.BotAnswers(t, ref, bot.Answer{Texts: []string{"Bye."}, Command: bot.CommandEnd})
	require.Zero(t, late(ref))
	attempt := uuid.NewString()
	id := f.Marks(t, ref, attempt).MessageID
	f.Outcome(t, ref, id, attempt, wechat.SendOutcome{Status: wechat.SendLater, Reason: "quota", After: time.Hour})
	f.Exec(t, `update conversations set wished_at = now() - interval '1 hour'`)
	require.Zero(t, late(ref), "the goodbye waits for WeChat")
	f.Exec(t, `update deliveries set not_before = now() - interval '2 minutes'`)
	require.Equal(t, 2, late(ref))
}

// At most 200 messages wait for WeChat before the bot is asked again.
func TestOwed_noTurnWhileManyMessagesWait(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "hello"), postgrestest.Says("k2", "hello?")))
	f.BotAnswers(t, ref, bot.Answer{Texts: make([]string, 200)})
	requireOwed(f, t, ref, "send")
	turn, err := f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Empty(t, turn.Question.TurnID)
	f.Sends(t, ref, f.Queued(t, ref)[0])
	requireOwed(f, t, ref, "send", "turn")
}

// R29
// What is owed is found by indexes, however long a conversation or the history is.
func TestOwed_readsLittle(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, _ := f.Answered(t, "hi")
	f.Exec(t, `
		insert into messages (tenant, id, conversation_id, seq, author, kind, body)
		select 'default', gen_random_uuid(), $1, n, 'agent', 'text', '' from generate_series(100, 30000) n`, ref.Conversation)
	f.Exec(t, `
		insert into deliveries (tenant, message_id, conversation_id, seq, status)
		select tenant, id, conversation_id, seq, 'sent' from messages where author = 'agent'`)
	f.Exec(t, `
		insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, closed_at)
		select tenant, gen_random_uuid(), account_id, customer_id, workflow_id, 'closed', 'bot', now() from conversations, generate_series(1, 30000)`)
	f.Exec(t, `analyze messages, deliveries, conversations`)
	require.Less(t, f.Blocks(t, `select * from owed where tenant = 'default' and conversation_id = $1`, "uuid", "'"+string(ref.Conversation)+"'"), 30)
	require.Less(t, f.Blocks(t, upkeep.Owing, "uuid, int, int, uuid", "'00000000-0000-0000-0000-000000000000', 5000, 500, 'ffffffff-ffff-ffff-ffff-ffffffffffff'"), 100)
}

// What was left undone for a minute is nudged, and is a difference unless its run is still to be told.
func TestSweep_findsWhatIsOwedForLong(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	for i := range 30 { // nothing is owed
		ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
		f.MustReceive(t, f.Batch(ref.Conversation, fmt.Sprint("customer ", i), postgrestest.Says(fmt.Sprint("m", i), "hello")))
		f.MustRequestHandOver(t, ref)
		f.MustHandOver(t, ref, routing.Decision{QueueID: postgrestest.DefaultQueue})
	}
	f.Exec(t, `update deliveries set status = 'sent'`)
	turn, _, _ := f.Answered(t, "hi")
	f.Exec(t, `update deliveries set status = 'sent'`)
	f.MustReceive(t, f.Batch(turn.Conversation, "li", postgrestest.Says("k1", "more")))
	lost, _, _ := f.AnsweredBy(t, "wang", "hi")
	attempt := uuid.NewString()
	f.Marks(t, lost, attempt)
	wish := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	f.MustReceive(t, f.Batch(wish.Conversation, "zhou", postgrestest.Says("k2", "a person")))
	f.MustRequestHandOver(t, wish)

	sweep := func() (ids []conversation.ID) {
		t.Helper()
		late, err := f.Sweep(t.Context())
		require.NoError(t, err)
		for _, l := range late {
			require.NotEmpty(t, l.WorkflowID)
			ids = append(ids, l.Conversation)
		}
		return ids
	}
	require.Empty(t, sweep())
	require.Empty(t, differences(f, t))
	f.Exec(t, `update messages set created_at = now() - interval '61 seconds'`)
	f.Exec(t, `update deliveries set created_at = now() - interval '61 seconds', until = until - interval '74 seconds'`)
	f.Exec(t, `update conversations set since = now() - interval '61 seconds', wished_at = wished_at - interval '61 seconds'`)
	require.Len(t, differences(f, t), 3)
	require.ElementsMatch(t, []conversation.ID{turn.Conversation, wish.Conversation}, sweep())
	require.Equal(t, conversation.DeliveryUnknown, f.Fate(t, lost, only(f, t, lost)).Status, "a mark that ended a minute ago is given up")
	f.Exec(t, `insert into outbox (tenant, conversation_id, workflow_id, number, act, assignment) values ('default', $1, 'x', 1, 'x', false)`, turn.Conversation)
	require.Len(t, differences(f, t), 1)
}

// A sweep has so many nudged; over some sweeps it comes to all.
func TestSweep_leavesNoneOutForEver(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	const conversations = 600
	f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "li", postgrestest.Says("k", "hello")))
	f.Exec(t, `
		with people as (
			insert into customers (tenant, id, account_id, customer_key, data_key, openid)
			select tenant, gen_random_uuid(), account_id, 'customer ' || n, data_key, openid from customers, generate_series(1, $1) n
			returning *)
		insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, ending, since)
		select tenant, gen_random_uuid(), account_id, id, customer_key, 'active', 'bot', 'idle', now() - interval '2 minutes' from people`, conversations)
	found := map[conversation.ID]bool{}
	for range 20 {
		late, err := f.Sweep(t.Context())
		require.NoError(t, err)
		require.Equal(t, 500, len(late))
		for _, l := range late {
			found[l.Conversation] = true
		}
	}
	require.Equal(t, conversations, len(found))
}

func differences(f *postgrestest.Fixture, t testing.TB) []reconcile.Difference {
	t.Helper()
	found, err := f.Disagreements(t.Context(), postgrestest.Tenant)
	require.NoError(t, err)
	return found
}

// only is the only message to the customer.
func only(f *postgrestest.Fixture, t testing.TB, c conversation.Ref) (id conversation.MessageID) {
	t.Helper()
	require.NoError(t, f.Raw.Get(&id, `select message_id from deliveries where conversation_id = $1`, c.Conversation))
	return id
}

// A message that cannot be read goes to people, whose other messages can.
func TestRequestHandOver_unreadableLineIsForPeople(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	got := f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "hello"), postgrestest.Says("k2", "anybody?")))
	f.Exec(t, `update messages set body = 'tampered' where id = $1`, got.Receipts[0].MessageID)
	_, err := f.Turn(t.Context(), ref)
	require.ErrorIs(t, err, secret.ErrUnavailable)
	for range 2 {
		s, err := f.RequestHandOver(t.Context(), ref, conversation.EscalatedFailed)
		require.NoError(t, err)
		require.Equal(t, conversation.Owed{HandOver: true}, s.Owed)
	}
	q, err := f.RoutingQuestion(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"reason": "bot-failed", "summary": "", "by_bot": false}, q.Facts["escalation"])
	require.Equal(t, conversation.Owed{Send: true}, f.MustHandOver(t, ref, postgrestest.ToDefaultQueue()).Owed)
}

// If the end is wished later, nobody is looked for.
func TestHandOver_skippedWhileEnding(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "a person")))
	f.MustRequestHandOver(t, ref)
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Unfollows("k2")))
	requireOwed(f, t, ref, "end")
	s := f.MustHandOver(t, ref, postgrestest.ToDefaultQueue())
	require.Equal(t, conversation.Owed{End: true}, s.Owed)
	require.Zero(t, f.Count(t, "work_items", "true"))
}

// R28
// The queue's time is over, and the customer's key does not open: the conversation ends without the message.
func TestDue_endsThoughTheKeyDoesNotOpen(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Exec(t, `update queues set overflow = '{"wait": {"seconds": 60, "do": "end"}}'`)
	ref := d.Waiting("wang")
	d.Exec(t, `update work_items set queued_at = now() - interval '61 seconds'`)
	d.Exec(t, `update customers set data_key = 'tampered'`)
	require.Equal(t, conversation.ClosedOverflow, d.MustDue(ref).Closing)
	require.Equal(t, 1, d.Count(t, "messages", "author = 'system'"), "that of the hand-over")
}

// A message of a customer that the FAQ answers takes so many round trips to Postgres.
func TestLedger_countsItsRoundTrips(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	recorder := tracetest.NewSpanRecorder()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	db := postgrestest.OpenWith(t, 1, f.DSN, f.Ring, postgrestest.WithPool(postgres.WithTracers(tracers)))
	c := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	trips := func(call func(ctx context.Context) error) (n int) {
		t.Helper()
		seen := len(recorder.Ended())
		ctx, span := tracers.Tracer("test").Start(t.Context(), "call")
		require.NoError(t, call(ctx))
		span.End()
		for _, s := range recorder.Ended()[seen:] {
			switch s.Name() {
			case "sql.conn.begin_tx", "sql.conn.exec", "sql.conn.query", "sql.tx.commit":
				n++
			}
		}
		return n
	}
	for round := range 2 { // in the second one customer and conversation have their rows
		var turn bot.Turn
		var m delivery.Marking
		attempt := uuid.NewString()
		got := []int{
			trips(func(ctx context.Context) error {
				_, err := db.Receive(ctx, f.Batch(c.Conversation, "li", postgrestest.Says(fmt.Sprint(round), "hello")))
				return err
			}),
			trips(func(ctx context.Context) (err error) { turn, err = db.Turn(ctx, c); return err }),
			trips(func(ctx context.Context) error {
				_, err := db.StoreAnswer(ctx, c, turn.Question.TurnID, turn.Epoch, bot.Answer{Texts: []string{"hi"}})
				return err
			}),
			trips(func(ctx context.Context) (err error) { m, err = db.MarkSending(ctx, c, attempt); return err }),
			trips(func(ctx context.Context) error {
				_, err := db.RecordOutcome(ctx, c, m.MessageID, attempt, wechat.SendOutcome{Status: wechat.SendSent})
				return err
			}),
		}
		if round == 1 {
			require.Equal(t, []int{6, 1, 5, 4, 2}, got, "receive, turn, store, mark, record")
		}
	}
}
