package transcript_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// D11
func TestReceive_firstMessageBeginsConversation(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id := postgrestest.NewConversation()

	got := f.MustReceive(t, f.Batch(id, "li", postgrestest.Says("k1", "hello"), postgrestest.Says("k2", "anybody?")))

	require.Equal(t, []callback.ReceiptOutcome{"new", "new"}, postgrestest.Outcomes(got))
	require.Equal(t, []int64{1, 2}, []int64{got.Receipts[0].Seq, got.Receipts[1].Seq})
	require.True(t, got.Begun)
	require.Equal(t, conversation.Epoch(1), got.Epoch)
	require.Equal(t, conversation.HolderBot, got.Holder)
	require.Equal(t, conversation.StateActive, got.State)
	require.Equal(t, account.DefaultIdleClose, got.IdleClose)
	require.Equal(t, bot.KindFAQ, got.Bot)

	c, err := f.Conversation(t.Context(), postgrestest.Everything, id)
	require.NoError(t, err)
	require.Equal(t, postgrestest.OpenID("li"), c.Customer.OpenID)
	lines, err := f.Messages(t.Context(), postgrestest.Everything, id, 0, 10)
	require.NoError(t, err)
	require.Len(t, lines, 2)
	require.Equal(t, postgrestest.Canary+" hello", lines[0].Text)
	require.Nil(t, lines[0].Delivery)
}

func TestReceive_withoutABotWantsPeople(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	f.Exec(t, `update accounts set bot_id = null`)
	got := f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "li", postgrestest.Says("k1", "hello")))
	require.Equal(t, conversation.StateOpen, got.State)
	require.Equal(t, conversation.HolderQueue, got.Holder)
	require.Empty(t, got.QueueID)
	require.Empty(t, got.Bot)
	require.False(t, got.WaitingSince.IsZero())
	require.Equal(t, conversation.Owed{HandOver: true}, got.Owed, "people are wished, with the line")
	require.Equal(t, 1, f.Count(t, "conversations", "hand_over = 'no-bot' and hand_over_turn = $1", got.Receipts[0].MessageID))
	require.Zero(t, f.Count(t, "messages", "wants_answer"))
}

// C10
func TestReceive_repeatHasNoEffect(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id, hello := postgrestest.NewConversation(), postgrestest.Says("k1", "hello")
	first := f.MustReceive(t, f.Batch(id, "li", hello))

	again := f.MustReceive(t, f.Batch(id, "li", hello, postgrestest.Redelivered(hello), postgrestest.Says("k2", "more")))
	require.Equal(t, []callback.ReceiptOutcome{"new", "repeat", "new"}, postgrestest.Outcomes(again))
	require.Equal(t, first.Receipts[0], again.Receipts[0], "what this delivery wrote itself is answered again")
	require.Empty(t, again.Receipts[1].MessageID)

	next := f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "li", hello))
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, postgrestest.Outcomes(next), "for another conversation it is a repeat")
	require.False(t, next.Begun)
	require.Equal(t, 1, f.Count(t, "conversations", "true"))
	require.Equal(t, 2, f.Count(t, "messages", "true"))
}

// C11
func TestReceive_otherContentGoesToQuarantine(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id, other := postgrestest.NewConversation(), postgrestest.Says("k1", "something else")
	f.MustReceive(t, f.Batch(id, "li", postgrestest.Says("k1", "hello")))

	for range 2 {
		got := f.MustReceive(t, f.Batch(id, "li", other))
		require.Equal(t, []callback.ReceiptOutcome{"quarantined"}, postgrestest.Outcomes(got))
	}
	require.Equal(t, 1, f.Count(t, "quarantine", "reason = 'other-content-known-key' and delivery_id = $1", other.DeliveryID))
	lines, err := f.Messages(t.Context(), postgrestest.Everything, id, 0, 10)
	require.NoError(t, err)
	require.Len(t, lines, 1)
	require.Equal(t, postgrestest.Canary+" hello", lines[0].Text)
}

func TestReceive_unreadableLeavesTheKeyFree(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id, good := postgrestest.NewConversation(), postgrestest.Says("k1", "hello")
	bad := postgrestest.Redelivered(good)
	bad.Quarantine, bad.Fingerprint, bad.Ciphertext, bad.KeyID = "undecipherable", "", "xxxx", uuid.NewString()

	for range 2 {
		got := f.MustReceive(t, f.Batch(id, "li", bad))
		require.Equal(t, []callback.ReceiptOutcome{"quarantined"}, postgrestest.Outcomes(got))
		require.False(t, got.Begun)
	}
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, postgrestest.Outcomes(f.MustReceive(t, f.Batch(id, "li", postgrestest.Redelivered(bad)))))
	require.Equal(t, []callback.ReceiptOutcome{"new"}, postgrestest.Outcomes(f.MustReceive(t, f.Batch(id, "li", good))))
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, postgrestest.Outcomes(f.MustReceive(t, f.Batch(id, "li", postgrestest.Redelivered(good)))))
	require.Equal(t, 1, f.Count(t, "quarantine", "true"))
	require.Equal(t, 0, f.Count(t, "customers", "customer_key <> $1", "key of li"))
}

func TestReceive_unfollowBeginsNoConversation(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	bye := postgrestest.Says("k1", "")
	bye.Kind, bye.IsEvent, bye.Follow, bye.Trigger = "unsubscribe", true, callback.Unfollowed, conversation.TriggerNone
	hello := postgrestest.Says("k2", "")
	hello.Kind, hello.IsEvent, hello.Follow, hello.Trigger = "subscribe", true, callback.Followed, conversation.TriggerTap

	for range 2 {
		got := f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "li", bye))
		require.Equal(t, []callback.ReceiptOutcome{"noted"}, postgrestest.Outcomes(got))
		require.False(t, got.Begun)
	}
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, postgrestest.Outcomes(f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "li", postgrestest.Redelivered(bye)))))
	require.Equal(t, 1, f.Count(t, "events", "kind = 'unsubscribe'"))

	id := postgrestest.NewConversation()
	f.MustReceive(t, f.Batch(id, "li", hello))
	require.Equal(t, 1, f.Count(t, "customers", "following"))
	bye.MessageKey = "k3"
	require.True(t, f.MustReceive(t, f.Batch(id, "li", postgrestest.Redelivered(bye))).End)
	require.Equal(t, 1, f.Count(t, "customers", "not following"))
}

func follows(key string) callback.Arrival {
	a := postgrestest.Says(key, "")
	a.Kind, a.IsEvent, a.Follow, a.Trigger = "subscribe", true, callback.Followed, conversation.TriggerTap
	return a
}

// What comes when the end is wished is the next conversation's, whoever wishes it. Nothing of it is written here.
func TestReceive_writesNothingWhileEnding(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	waits := func(ref conversation.Ref) {
		d.MustRequestHandOver(t, ref)
		d.MustHandOver(t, ref, postgrestest.ToDefaultQueue())
	}
	for name, end := range map[string]func(conversation.Ref){
		"the bot says goodbye": func(ref conversation.Ref) {
			d.BotAnswers(t, ref, bot.Answer{Texts: []string{"Bye."}, Command: bot.CommandEnd})
		},
		"closed": func(ref conversation.Ref) {
			postgrestest.Ended(t)(d.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
		},
		"no queue takes it": func(ref conversation.Ref) {
			d.MustRequestHandOver(t, ref)
			require.True(t, d.MustHandOver(t, ref, routing.Decision{QueueID: d.TheQueue, End: true, Notice: routing.NoticeFull}).End)
		},
		"waited too long in its queue": func(ref conversation.Ref) {
			waits(ref)
			d.Exec(t, `update queues set overflow = '{"wait": {"seconds": 60, "do": "end"}}'`)
			d.Exec(t, `update work_items set queued_at = now() - interval '1 hour' where conversation_id = $1`, ref.Conversation)
			require.Equal(t, conversation.ClosedOverflow, d.MustDue(ref).Closing)
		},
		"too long in its state": func(ref conversation.Ref) {
			waits(ref)
			d.Exec(t, `update conversations set since = now() - interval '40 days' where id = $1`, ref.Conversation)
			require.Equal(t, conversation.ClosedStateLimit, d.MustDue(ref).Closing)
		},
	} {
		id, customer := postgrestest.NewConversation(), uuid.NewString()
		hello := postgrestest.Says(uuid.NewString(), "hello")
		first := d.MustReceive(t, d.Batch(id, customer, hello))
		end(conversation.Ref{Tenant: postgrestest.Tenant, Conversation: id})

		repeated := d.MustReceive(t, d.Batch(id, customer, hello, postgrestest.Redelivered(hello)))
		require.False(t, repeated.Ending, "%s: a repeat brings nothing new", name)
		require.Equal(t, first.Receipts[0], repeated.Receipts[0], name)
		require.Equal(t, callback.ReceiptRepeat, repeated.Receipts[1].Outcome, name)

		before := d.Ending(t)
		more := d.Batch(id, customer, hello, postgrestest.Says(uuid.NewString(), "still there?"), postgrestest.Unfollows(uuid.NewString()))
		for range 2 {
			got := d.MustReceive(t, more)
			require.True(t, got.Ending, name)
			require.Empty(t, got.Receipts, name)
			require.Equal(t, got.State != conversation.StateClosed, got.End, name)
		}
		require.Equal(t, before, d.Ending(t), name)
		more.Conversation = postgrestest.NewConversation()
		next := d.MustReceive(t, more)
		require.False(t, next.Ending, name)
		require.Equal(t, []callback.ReceiptOutcome{"repeat", "new", "noted"}, postgrestest.Outcomes(next), name)
	}
}

func TestReceive_unfollowRequestsTheEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		came      func() []callback.Arrival
		following string
		ends      bool
	}{
		"leaves": {func() []callback.Arrival { return []callback.Arrival{postgrestest.Unfollows("u")} }, "not following", true},
		"writes and leaves": {func() []callback.Arrival {
			return []callback.Arrival{postgrestest.Says("s", "bye"), postgrestest.Unfollows("u")}
		}, "not following", true},
		"leaves and comes back": {func() []callback.Arrival { return []callback.Arrival{postgrestest.Unfollows("u"), follows("f")} }, "following", false},
		"comes back and leaves": {func() []callback.Arrival { return []callback.Arrival{follows("f"), postgrestest.Unfollows("u")} }, "not following", true},
		"leaves, a late line is there": {func() []callback.Arrival {
			return []callback.Arrival{postgrestest.Unfollows("u"), postgrestest.Says("s", "bye")}
		}, "not following", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := postgrestest.NewFixture(t)
			ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
			f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "hello")))
			came := f.Batch(ref.Conversation, "li", c.came()...)
			got := f.MustReceive(t, came)
			require.Equal(t, c.ends, got.End)
			require.Equal(t, !c.ends, got.Turn)
			require.Equal(t, c.ends, f.WishedEnd(t, ref) == conversation.ClosedUnfollowed)
			require.Equal(t, 1, f.Count(t, "customers", c.following))
			state := f.Ending(t)
			again := f.MustReceive(t, came)
			require.Equal(t, got.Receipts, again.Receipts, "the same callbacks again")
			require.Equal(t, got.Owed.End, again.Owed.End)
			require.Equal(t, state, f.Ending(t))
		})
	}
}

// The bot says goodbye while a message waits: it does not end.
func TestStoreAnswer_endWaitsForUnansweredLines(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "thanks"), postgrestest.Says("k2", "one more thing")))
	bye := bot.Answer{Texts: []string{"Bye."}, Command: bot.CommandEnd}
	s := f.BotAnswers(t, ref, bye)
	require.False(t, s.End)
	require.True(t, s.Turn)
	s = f.BotAnswers(t, ref, bye)
	require.True(t, s.End)
	require.False(t, s.Turn)
	postgrestest.Ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	require.Equal(t, 1, f.Count(t, "conversations", "close_reason = 'ended-by-bot'"), "the reason is the wished one")
}

// While a hand-over is wished, the bot is not asked, because people will answer what comes.
func TestReceive_linesForPeopleWantNoAnswer(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "a person"), postgrestest.Says("k2", "please")))
	require.True(t, f.MustRequestHandOver(t, ref).HandOver)
	got := f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k3", "hello?")))
	require.Equal(t, conversation.Owed{HandOver: true}, got.Owed)
	require.Equal(t, 1, f.Count(t, "messages", "wants_answer"), "the second, as before")
}

func TestReceive_keepsTheTraceOfEachLine(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	one, two := postgrestest.Says("k1", "one"), postgrestest.Says("k2", "two")
	one.Traceparent, two.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ""
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	f.MustReceive(t, f.Batch(ref.Conversation, "li", one, two))
	for _, want := range []string{one.Traceparent, ""} {
		turn, err := f.Turn(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, want, turn.Traceparent)
		f.BotAnswers(t, ref, bot.Answer{Texts: []string{"hm"}})
	}
}

func TestReceive_closesWhatALostRunLeftOpen(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	lost, next := postgrestest.NewConversation(), postgrestest.NewConversation()
	got := f.MustReceive(t, f.Batch(lost, "li", postgrestest.Says("k1", "hello")))
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: lost}
	_, err := f.StoreAnswer(t.Context(), ref, got.Receipts[0].MessageID, 1, bot.Answer{Texts: []string{"hi"}})
	require.NoError(t, err)

	f.MustReceive(t, f.Batch(next, "li", postgrestest.Says("k2", "hello again")))

	c, err := f.Conversation(t.Context(), postgrestest.Everything, lost)
	require.NoError(t, err)
	require.Equal(t, conversation.StateClosed, c.State)
	require.Equal(t, conversation.ClosedSuperseded, c.CloseReason)
	require.Equal(t, 1, f.Count(t, "deliveries", "status = 'failed' and reason = 'conversation-closed'"))
}

// ACC-9, D12
func TestReceive_opensTheReplyAllowance(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	tap := postgrestest.Says("k2", "")
	tap.Kind, tap.IsEvent, tap.Trigger = "CLICK", true, conversation.TriggerTap
	id := postgrestest.NewConversation()
	for range 2 {
		f.MustReceive(t, f.Batch(id, "li", postgrestest.Says("k1", "hello"), tap))
	}
	require.Equal(t, 1, f.Count(t, "customers", `message_left = 5 and tap_left = 3
		and message_until between now() + interval '47 hours 59 minutes' and now() + interval '48 hours'
		and tap_until between now() + interval '30 seconds' and now() + interval '1 minute'`))
	f.Exec(t, `update customers set message_left = 0`)
	f.MustReceive(t, f.Batch(id, "li", tap))
	require.Equal(t, 1, f.Count(t, "customers", `message_left = 0`), "a repeat opens nothing")
}

// R4, R5
// The same callbacks in two processes, in parallel and in overlapping batches.
func TestReceive_concurrentBatchesWriteOnce(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	const senders, messages = 4, 40
	dbs := []*postgrestest.Ledger{f.Ledger, postgrestest.Open(t, f.DSN, f.Ring)}
	id := postgrestest.NewConversation()
	arrivals := make([]callback.Arrival, messages)
	for i := range arrivals {
		arrivals[i] = postgrestest.Says(fmt.Sprintf("k%d", i), fmt.Sprintf("line %d", i))
	}
	var group errgroup.Group
	for s := range senders {
		group.Go(func() error {
			for part := range slices.Chunk(arrivals, 3+s) {
				mine := make([]callback.Arrival, len(part))
				for i, a := range part {
					mine[i] = postgrestest.Redelivered(a)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				_, err := dbs[s%2].Receive(ctx, f.Batch(id, "li", mine...))
				cancel()
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())

	lines, err := f.Messages(t.Context(), postgrestest.Everything, id, 0, 2*messages)
	require.NoError(t, err)
	require.Len(t, lines, messages)
	texts := map[string]bool{}
	for i, l := range lines {
		require.Equal(t, int64(i+1), l.Seq)
		texts[l.Text] = true
	}
	require.Len(t, texts, messages)
	require.Equal(t, messages, f.Count(t, "receipts", "outcome = 'new'"))
	require.Equal(t, 1, f.Count(t, "customers", "true"))
}

// R4
// The customer's very first message: there is no row yet that could be locked, and two runs begin at once.
func TestReceive_firstMessageByTwoRunsIsOne(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	dbs := []*postgrestest.Ledger{f.Ledger, postgrestest.Open(t, f.DSN, f.Ring)}
	for n := range 10 {
		customer, hello := fmt.Sprintf("li %d", n), postgrestest.Says(fmt.Sprintf("k%d", n), "hello")
		var group errgroup.Group
		for _, db := range dbs {
			batch := f.Batch(postgrestest.NewConversation(), customer, postgrestest.Redelivered(hello))
			group.Go(func() error {
				_, err := db.Receive(t.Context(), batch)
				return err
			})
		}
		require.NoError(t, group.Wait())
		require.Equal(t, n+1, f.Count(t, "messages", "true"))
		require.Equal(t, n+1, f.Count(t, "conversations", "true"))
	}
}
