package postgres_test

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
	"wxdesk/internal/reconcile"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// owes is what the view says that a conversation owes.
func (f *fixture) owes(t testing.TB, c conversation.Ref) (what []string) {
	t.Helper()
	require.NoError(t, f.raw.Select(&what, `select what from owed where conversation_id = $1 order by what`, c.Conversation))
	return what
}

// requireOwed requires that the view, and everything that reads it, says this.
func (f *fixture) requireOwed(t testing.TB, c conversation.Ref, what ...string) conversation.Situation {
	t.Helper()
	require.Equal(t, what, f.owes(t, c))
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

// R27: what is owed appears with the step that owes it, and disappears with the one that does it.
func TestOwed_appearsAndDisappears(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	_, err := f.ReadSituation(t.Context(), ref)
	require.ErrorIs(t, err, conversation.ErrNotFound)

	f.receive(t, f.batch(ref.Conversation, "li", says("k1", "hello"), says("k2", "a person")))
	f.requireOwed(t, ref, "turn")
	f.botAnswers(t, ref, bot.Answer{Texts: []string{"hi"}})
	f.requireOwed(t, ref, "send", "turn")
	f.requestHandOver(t, ref)
	f.requireOwed(t, ref, "hand-over", "send")
	f.handOver(t, ref, toDefaultQueue())
	f.requireOwed(t, ref, "send") // the notice; the answer is superseded
	attempt := uuid.NewString()
	id := f.marks(t, ref, attempt).MessageID
	s := f.requireOwed(t, ref, "send")
	require.Greater(t, s.SendIn, time.Second, "not before the mark has ended")
	f.outcome(t, ref, id, attempt, wechat.SendOutcome{Status: wechat.SendSent})
	f.requireOwed(t, ref)
	f.receive(t, f.batch(ref.Conversation, "li", says("k3", "hello?")))
	f.requireOwed(t, ref) // people have it
	f.receive(t, f.batch(ref.Conversation, "li", unfollows("k4")))
	f.requireOwed(t, ref, "end")
	ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	f.requireOwed(t, ref)
	require.Equal(t, 1, f.count(t, "conversations", "close_reason = 'unfollowed'"))
}

// A wish is owed from when it was made, however long the state has lasted; the end from when the last message can be sent.
func TestOwed_fromWhenItWasWished(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	late := func(c conversation.Ref) int {
		return f.count(t, "owed", "conversation_id = $1 and not_before < now() - interval '1 minute'", c.Conversation)
	}
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	f.receive(t, f.batch(ref.Conversation, "li", says("k1", "bye")))
	f.exec(t, `update conversations set since = now() - interval '1 day'`)
	f.botAnswers(t, ref, bot.Answer{Texts: []string{"Bye."}, Command: bot.CommandEnd})
	require.Zero(t, late(ref))
	attempt := uuid.NewString()
	id := f.marks(t, ref, attempt).MessageID
	f.outcome(t, ref, id, attempt, wechat.SendOutcome{Status: wechat.SendLater, Reason: "quota", After: time.Hour})
	f.exec(t, `update conversations set wished_at = now() - interval '1 hour'`)
	require.Zero(t, late(ref), "the goodbye waits for WeChat")
	f.exec(t, `update deliveries set not_before = now() - interval '2 minutes'`)
	require.Equal(t, 2, late(ref))
}

// At most 200 messages wait for WeChat before the bot is asked again.
func TestOwed_noTurnWhileManyMessagesWait(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	f.receive(t, f.batch(ref.Conversation, "li", says("k1", "hello"), says("k2", "hello?")))
	f.botAnswers(t, ref, bot.Answer{Texts: make([]string, 200)})
	f.requireOwed(t, ref, "send")
	turn, err := f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Empty(t, turn.Question.TurnID)
	f.sends(t, ref, f.queued(t, ref)[0])
	f.requireOwed(t, ref, "send", "turn")
}

// R29: what is owed is found by indexes, however long a conversation or the history is.
func TestOwed_readsLittle(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, _ := f.answered(t, "hi")
	f.exec(t, `
		insert into messages (tenant, id, conversation_id, seq, author, kind, body)
		select 'default', gen_random_uuid(), $1, n, 'agent', 'text', '' from generate_series(100, 30000) n`, ref.Conversation)
	f.exec(t, `
		insert into deliveries (tenant, message_id, conversation_id, seq, status)
		select tenant, id, conversation_id, seq, 'sent' from messages where author = 'agent'`)
	f.exec(t, `
		insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, closed_at)
		select tenant, gen_random_uuid(), account_id, customer_id, workflow_id, 'closed', 'bot', now() from conversations, generate_series(1, 30000)`)
	f.exec(t, `analyze messages, deliveries, conversations`)
	require.Less(t, f.blocks(t, `select * from owed where tenant = 'default' and conversation_id = $1`, "uuid", "'"+string(ref.Conversation)+"'"), 30)
	require.Less(t, f.blocks(t, postgres.Owing, "uuid, int, int, uuid", "'00000000-0000-0000-0000-000000000000', 5000, 500, 'ffffffff-ffff-ffff-ffff-ffffffffffff'"), 100)
}

// What was left undone for a minute is nudged, and is a difference unless its run is still to be told.
func TestSweep_findsWhatIsOwedForLong(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for i := range 30 { // nothing is owed
		ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
		f.receive(t, f.batch(ref.Conversation, fmt.Sprint("customer ", i), says(fmt.Sprint("m", i), "hello")))
		f.requestHandOver(t, ref)
		f.handOver(t, ref, routing.Decision{QueueID: defaultQueue})
	}
	f.exec(t, `update deliveries set status = 'sent'`)
	turn, _, _ := f.answered(t, "hi")
	f.exec(t, `update deliveries set status = 'sent'`)
	f.receive(t, f.batch(turn.Conversation, "li", says("k1", "more")))
	lost, _, _ := f.answeredBy(t, "wang", "hi")
	attempt := uuid.NewString()
	f.marks(t, lost, attempt)
	wish := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	f.receive(t, f.batch(wish.Conversation, "zhou", says("k2", "a person")))
	f.requestHandOver(t, wish)

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
	require.Empty(t, f.differences(t))
	f.exec(t, `update messages set created_at = now() - interval '61 seconds'`)
	f.exec(t, `update deliveries set created_at = now() - interval '61 seconds', until = until - interval '74 seconds'`)
	f.exec(t, `update conversations set since = now() - interval '61 seconds', wished_at = wished_at - interval '61 seconds'`)
	require.Len(t, f.differences(t), 3)
	require.ElementsMatch(t, []conversation.ID{turn.Conversation, wish.Conversation}, sweep())
	require.Equal(t, conversation.DeliveryUnknown, f.fate(t, lost, f.only(t, lost)).Status, "a mark that ended a minute ago is given up")
	f.exec(t, `insert into outbox (tenant, conversation_id, workflow_id, number, act, assignment) values ('default', $1, 'x', 1, 'x', false)`, turn.Conversation)
	require.Len(t, f.differences(t), 1)
}

// A sweep has so many nudged; over some sweeps it comes to all.
func TestSweep_leavesNoneOutForEver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const conversations = 600
	f.receive(t, f.batch(newConversation(), "li", says("k", "hello")))
	f.exec(t, `
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

func (f *fixture) differences(t testing.TB) []reconcile.Difference {
	t.Helper()
	found, err := f.Disagreements(t.Context(), tenant)
	require.NoError(t, err)
	return found
}

// only is the only message to the customer.
func (f *fixture) only(t testing.TB, c conversation.Ref) (id conversation.MessageID) {
	t.Helper()
	require.NoError(t, f.raw.Get(&id, `select message_id from deliveries where conversation_id = $1`, c.Conversation))
	return id
}

// A line that cannot be read goes to people, whose other lines can.
func TestWantPeople_unreadableLineIsForPeople(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	got := f.receive(t, f.batch(ref.Conversation, "li", says("k1", "hello"), says("k2", "anybody?")))
	f.exec(t, `update messages set body = 'tampered' where id = $1`, got.Receipts[0].MessageID)
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
	require.Equal(t, conversation.Owed{Send: true}, f.handOver(t, ref, toDefaultQueue()).Owed)
}

// Where the end is wished later, nobody is looked for.
func TestHandOver_notWhereTheEndIsWished(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	f.receive(t, f.batch(ref.Conversation, "li", says("k1", "a person")))
	f.requestHandOver(t, ref)
	f.receive(t, f.batch(ref.Conversation, "li", unfollows("k2")))
	f.requireOwed(t, ref, "end")
	s := f.handOver(t, ref, toDefaultQueue())
	require.Equal(t, conversation.Owed{End: true}, s.Owed)
	require.Zero(t, f.count(t, "work_items", "true"))
}

// R28: the queue's time is over, and the customer's key does not open: the conversation ends without the message.
func TestDue_endsThoughTheKeyDoesNotOpen(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.exec(t, `update queues set overflow = '{"wait": {"seconds": 60, "do": "end"}}'`)
	ref := d.waiting("wang")
	d.exec(t, `update work_items set queued_at = now() - interval '61 seconds'`)
	d.exec(t, `update customers set data_key = 'tampered'`)
	require.Equal(t, conversation.ClosedOverflow, d.due(ref).Closing)
	require.Equal(t, 1, d.count(t, "messages", "author = 'system'"), "that of the hand-over")
}

// A message of a customer that the FAQ answers takes so many round trips to Postgres.
func TestLedger_countsItsRoundTrips(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	recorder := tracetest.NewSpanRecorder()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	db := openWith(t, 1, f.dsn, f.ring, postgres.WithTracers(tracers))
	c := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
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
				_, err := db.Receive(ctx, f.batch(c.Conversation, "li", says(fmt.Sprint(round), "hello")))
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
