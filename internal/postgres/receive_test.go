package postgres_test

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
	"wxdesk/internal/postgres"
)

func outcomes(got callback.Result) (list []callback.ReceiptOutcome) {
	for _, r := range got.Receipts {
		list = append(list, r.Outcome)
	}
	return list
}

// redelivered is the same content in a request of its own, as WeChat repeats it.
func redelivered(a callback.Arrival) callback.Arrival {
	a.DeliveryID = uuid.NewString()
	return a
}

func TestReceive_beginsTheConversationWithItsFirstMessage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := newConversation()

	got := f.receive(t, f.batch(id, "li", says("k1", "hello"), says("k2", "anybody?")))

	require.Equal(t, []callback.ReceiptOutcome{"new", "new"}, outcomes(got))
	require.Equal(t, []int64{1, 2}, []int64{got.Receipts[0].Seq, got.Receipts[1].Seq})
	require.True(t, got.Begun)
	require.Equal(t, conversation.Epoch(1), got.Epoch)
	require.Equal(t, conversation.HolderBot, got.Holder)
	require.Equal(t, conversation.StateActive, got.State)
	require.Equal(t, account.DefaultIdleClose, got.IdleClose)
	require.Equal(t, bot.KindFAQ, got.Bot)

	c, err := f.Conversation(t.Context(), everything, id)
	require.NoError(t, err)
	require.Equal(t, openID("li"), c.Customer.OpenID)
	lines, err := f.Messages(t.Context(), everything, id, 0, 10)
	require.NoError(t, err)
	require.Len(t, lines, 2)
	require.Equal(t, canary+" hello", lines[0].Text)
	require.Nil(t, lines[0].Delivery)
}

func TestReceive_waitsInNoQueueYetWhereTheAccountHasNoBot(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(t, `update accounts set bot_id = null`)
	got := f.receive(t, f.batch(newConversation(), "li", says("k1", "hello")))
	require.Equal(t, conversation.StateOpen, got.State)
	require.Equal(t, conversation.HolderQueue, got.Holder)
	require.Empty(t, got.QueueID)
	require.Empty(t, got.Bot)
	require.False(t, got.WaitingSince.IsZero())
	require.Equal(t, conversation.Owed{HandOver: true}, got.Owed, "people are wished, with the line")
	require.Equal(t, 1, f.count(t, "conversations", "hand_over = 'no-bot' and hand_over_turn = $1", got.Receipts[0].MessageID))
	require.Zero(t, f.count(t, "messages", "wants_answer"))
}

func TestBad_C10_aRepeatHasNoEffect(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id, hello := newConversation(), says("k1", "hello")
	first := f.receive(t, f.batch(id, "li", hello))

	again := f.receive(t, f.batch(id, "li", hello, redelivered(hello), says("k2", "more")))
	require.Equal(t, []callback.ReceiptOutcome{"new", "repeat", "new"}, outcomes(again))
	require.Equal(t, first.Receipts[0], again.Receipts[0], "what this delivery wrote itself is answered again")
	require.Empty(t, again.Receipts[1].MessageID)

	next := f.receive(t, f.batch(newConversation(), "li", hello))
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, outcomes(next), "for another conversation it is a repeat")
	require.False(t, next.Begun)
	require.Equal(t, 1, f.count(t, "conversations", "true"))
	require.Equal(t, 2, f.count(t, "messages", "true"))
}

func TestBad_C11_otherContentUnderAKnownKeyGoesToQuarantine(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id, other := newConversation(), says("k1", "something else")
	f.receive(t, f.batch(id, "li", says("k1", "hello")))

	for range 2 {
		got := f.receive(t, f.batch(id, "li", other))
		require.Equal(t, []callback.ReceiptOutcome{"quarantined"}, outcomes(got))
	}
	require.Equal(t, 1, f.count(t, "quarantine", "reason = 'other-content-known-key' and delivery_id = $1", other.DeliveryID))
	lines, err := f.Messages(t.Context(), everything, id, 0, 10)
	require.NoError(t, err)
	require.Len(t, lines, 1)
	require.Equal(t, canary+" hello", lines[0].Text)
}

func TestReceive_keepsTheKeyOfAnUnreadableCallbackForAReadableOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id, good := newConversation(), says("k1", "hello")
	bad := redelivered(good)
	bad.Quarantine, bad.Fingerprint, bad.Ciphertext, bad.KeyID = "undecipherable", "", "xxxx", uuid.NewString()

	for range 2 {
		got := f.receive(t, f.batch(id, "li", bad))
		require.Equal(t, []callback.ReceiptOutcome{"quarantined"}, outcomes(got))
		require.False(t, got.Begun)
	}
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, outcomes(f.receive(t, f.batch(id, "li", redelivered(bad)))))
	require.Equal(t, []callback.ReceiptOutcome{"new"}, outcomes(f.receive(t, f.batch(id, "li", good))))
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, outcomes(f.receive(t, f.batch(id, "li", redelivered(good)))))
	require.Equal(t, 1, f.count(t, "quarantine", "true"))
	require.Equal(t, 0, f.count(t, "customers", "customer_key <> $1", "key of li"))
}

func TestReceive_notesAnUnfollowWithoutBeginningAConversation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bye := says("k1", "")
	bye.Kind, bye.IsEvent, bye.Follow, bye.Trigger = "unsubscribe", true, callback.Unfollowed, conversation.TriggerNone
	hello := says("k2", "")
	hello.Kind, hello.IsEvent, hello.Follow, hello.Trigger = "subscribe", true, callback.Followed, conversation.TriggerTap

	for range 2 {
		got := f.receive(t, f.batch(newConversation(), "li", bye))
		require.Equal(t, []callback.ReceiptOutcome{"noted"}, outcomes(got))
		require.False(t, got.Begun)
	}
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, outcomes(f.receive(t, f.batch(newConversation(), "li", redelivered(bye)))))
	require.Equal(t, 1, f.count(t, "events", "kind = 'unsubscribe'"))

	id := newConversation()
	f.receive(t, f.batch(id, "li", hello))
	require.Equal(t, 1, f.count(t, "customers", "following"))
	bye.MessageKey = "k3"
	require.True(t, f.receive(t, f.batch(id, "li", redelivered(bye))).End)
	require.Equal(t, 1, f.count(t, "customers", "not following"))
}

// unfollows and follows are what a customer does who leaves and comes back.
func unfollows(key string) callback.Arrival {
	a := says(key, "")
	a.Kind, a.IsEvent, a.Follow, a.Trigger = "unsubscribe", true, callback.Unfollowed, conversation.TriggerNone
	return a
}

func follows(key string) callback.Arrival {
	a := says(key, "")
	a.Kind, a.IsEvent, a.Follow, a.Trigger = "subscribe", true, callback.Followed, conversation.TriggerTap
	return a
}

// What comes when the end is wished is the next conversation's. Nothing of it is written here.
func TestReceive_writesNothingWhereTheEndIsWished(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, end := range []func(conversation.Ref){
		func(ref conversation.Ref) {
			f.botAnswers(t, ref, bot.Answer{Texts: []string{"Bye."}, Command: bot.CommandEnd})
		},
		func(ref conversation.Ref) {
			ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
		},
	} {
		id, customer := newConversation(), uuid.NewString()
		hello := says(uuid.NewString(), "hello")
		first := f.receive(t, f.batch(id, customer, hello))
		end(conversation.Ref{Tenant: tenant, Conversation: id})

		repeated := f.receive(t, f.batch(id, customer, hello, redelivered(hello)))
		require.False(t, repeated.Ending, "a repeat brings nothing new")
		require.Equal(t, first.Receipts[0], repeated.Receipts[0])
		require.Equal(t, callback.ReceiptRepeat, repeated.Receipts[1].Outcome)

		before := f.ending(t)
		more := f.batch(id, customer, hello, says(uuid.NewString(), "still there?"), unfollows(uuid.NewString()))
		for range 2 {
			got := f.receive(t, more)
			require.True(t, got.Ending)
			require.Empty(t, got.Receipts)
			require.Equal(t, got.State != conversation.StateClosed, got.End)
		}
		require.Equal(t, before, f.ending(t))
		more.Conversation = newConversation()
		next := f.receive(t, more)
		require.False(t, next.Ending)
		require.Equal(t, []callback.ReceiptOutcome{"repeat", "new", "noted"}, outcomes(next))
	}
}

func TestReceive_unfollowWishesTheEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		came      func() []callback.Arrival
		following string
		ends      bool
	}{
		"leaves":                       {func() []callback.Arrival { return []callback.Arrival{unfollows("u")} }, "not following", true},
		"writes and leaves":            {func() []callback.Arrival { return []callback.Arrival{says("s", "bye"), unfollows("u")} }, "not following", true},
		"leaves and comes back":        {func() []callback.Arrival { return []callback.Arrival{unfollows("u"), follows("f")} }, "following", false},
		"comes back and leaves":        {func() []callback.Arrival { return []callback.Arrival{follows("f"), unfollows("u")} }, "not following", true},
		"leaves, a late line is there": {func() []callback.Arrival { return []callback.Arrival{unfollows("u"), says("s", "bye")} }, "not following", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
			f.receive(t, f.batch(ref.Conversation, "li", says("k1", "hello")))
			came := f.batch(ref.Conversation, "li", c.came()...)
			got := f.receive(t, came)
			require.Equal(t, c.ends, got.End)
			require.Equal(t, !c.ends, got.Turn)
			require.Equal(t, c.ends, f.wishedEnd(t, ref) == conversation.ClosedUnfollowed)
			require.Equal(t, 1, f.count(t, "customers", c.following))
			state := f.ending(t)
			again := f.receive(t, came)
			require.Equal(t, got.Receipts, again.Receipts, "the same callbacks again")
			require.Equal(t, got.Owed.End, again.Owed.End)
			require.Equal(t, state, f.ending(t))
		})
	}
}

// The bot says goodbye while a line waits: it does not end.
func TestStoreAnswer_endWaitsForUnansweredLines(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	f.receive(t, f.batch(ref.Conversation, "li", says("k1", "thanks"), says("k2", "one more thing")))
	bye := bot.Answer{Texts: []string{"Bye."}, Command: bot.CommandEnd}
	s := f.botAnswers(t, ref, bye)
	require.False(t, s.End)
	require.True(t, s.Turn)
	s = f.botAnswers(t, ref, bye)
	require.True(t, s.End)
	require.False(t, s.Turn)
	ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	require.Equal(t, 1, f.count(t, "conversations", "close_reason = 'ended-by-bot'"), "the reason is the wished one")
}

// While people are wished, the bot is not asked; what comes is for them.
func TestReceive_linesForPeopleWantNoAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	f.receive(t, f.batch(ref.Conversation, "li", says("k1", "a person"), says("k2", "please")))
	require.True(t, f.requestHandOver(t, ref).HandOver)
	got := f.receive(t, f.batch(ref.Conversation, "li", says("k3", "hello?")))
	require.Equal(t, conversation.Owed{HandOver: true}, got.Owed)
	require.Equal(t, 1, f.count(t, "messages", "wants_answer"), "the second, as before")
}

func TestReceive_keepsTheTraceOfEachLine(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	one, two := says("k1", "one"), says("k2", "two")
	one.Traceparent, two.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ""
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	f.receive(t, f.batch(ref.Conversation, "li", one, two))
	for _, want := range []string{one.Traceparent, ""} {
		turn, err := f.Turn(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, want, turn.Traceparent)
		f.botAnswers(t, ref, bot.Answer{Texts: []string{"hm"}})
	}
}

func TestReceive_closesWhatALostRunLeftOpen(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lost, next := newConversation(), newConversation()
	got := f.receive(t, f.batch(lost, "li", says("k1", "hello")))
	ref := conversation.Ref{Tenant: tenant, Conversation: lost}
	_, err := f.StoreAnswer(t.Context(), ref, got.Receipts[0].MessageID, 1, bot.Answer{Texts: []string{"hi"}})
	require.NoError(t, err)

	f.receive(t, f.batch(next, "li", says("k2", "hello again")))

	c, err := f.Conversation(t.Context(), everything, lost)
	require.NoError(t, err)
	require.Equal(t, conversation.StateClosed, c.State)
	require.Equal(t, conversation.ClosedSuperseded, c.CloseReason)
	require.Equal(t, 1, f.count(t, "deliveries", "status = 'failed' and reason = 'conversation-closed'"))
}

func TestReceive_opensTheReplyAllowance(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tap := says("k2", "")
	tap.Kind, tap.IsEvent, tap.Trigger = "CLICK", true, conversation.TriggerTap
	id := newConversation()
	for range 2 {
		f.receive(t, f.batch(id, "li", says("k1", "hello"), tap))
	}
	require.Equal(t, 1, f.count(t, "customers", `message_left = 5 and tap_left = 3
		and message_until between now() + interval '47 hours 59 minutes' and now() + interval '48 hours'
		and tap_until between now() + interval '30 seconds' and now() + interval '1 minute'`))
	f.exec(t, `update customers set message_left = 0`)
	f.receive(t, f.batch(id, "li", tap))
	require.Equal(t, 1, f.count(t, "customers", `message_left = 0`), "a repeat opens nothing")
}

// R4, R5: the same callbacks in two processes, in parallel and in overlapping batches.
func TestR4_concurrentReceivesWriteEachMessageOnceAndNumberWithoutGaps(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const senders, messages = 4, 40
	dbs := []*postgres.DB{f.DB, open(t, f.dsn, f.ring)}
	id := newConversation()
	arrivals := make([]callback.Arrival, messages)
	for i := range arrivals {
		arrivals[i] = says(fmt.Sprintf("k%d", i), fmt.Sprintf("line %d", i))
	}
	var group errgroup.Group
	for s := range senders {
		group.Go(func() error {
			for part := range slices.Chunk(arrivals, 3+s) {
				mine := make([]callback.Arrival, len(part))
				for i, a := range part {
					mine[i] = redelivered(a)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				_, err := dbs[s%2].Receive(ctx, f.batch(id, "li", mine...))
				cancel()
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())

	lines, err := f.Messages(t.Context(), everything, id, 0, 2*messages)
	require.NoError(t, err)
	require.Len(t, lines, messages)
	texts := map[string]bool{}
	for i, l := range lines {
		require.Equal(t, int64(i+1), l.Seq)
		texts[l.Text] = true
	}
	require.Len(t, texts, messages)
	require.Equal(t, messages, f.count(t, "receipts", "outcome = 'new'"))
	require.Equal(t, 1, f.count(t, "customers", "true"))
}

// The customer's very first message: there is no row yet that could be locked, and two runs begin at once.
func TestR4_theVeryFirstMessageReceivedByTwoRunsAtOnceIsWrittenOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	dbs := []*postgres.DB{f.DB, open(t, f.dsn, f.ring)}
	for n := range 10 {
		customer, hello := fmt.Sprintf("li %d", n), says(fmt.Sprintf("k%d", n), "hello")
		var group errgroup.Group
		for _, db := range dbs {
			batch := f.batch(newConversation(), customer, redelivered(hello))
			group.Go(func() error {
				_, err := db.Receive(t.Context(), batch)
				return err
			})
		}
		require.NoError(t, group.Wait())
		require.Equal(t, n+1, f.count(t, "messages", "true"))
		require.Equal(t, n+1, f.count(t, "conversations", "true"))
	}
}
