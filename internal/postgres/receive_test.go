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

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

func outcomes(got conversation.Received) (list []conversation.ReceiptOutcome) {
	for _, r := range got.Receipts {
		list = append(list, r.Outcome)
	}
	return list
}

// redelivered is the same content in a request of its own, as WeChat repeats it.
func redelivered(a conversation.Arrival) conversation.Arrival {
	a.DeliveryID = uuid.NewString()
	return a
}

func TestReceive_beginsTheConversationWithItsFirstMessage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := newConversation()

	got := f.receive(t, f.batch(id, "li", says("k1", "hello"), says("k2", "anybody?")))

	require.Equal(t, []conversation.ReceiptOutcome{"new", "new"}, outcomes(got))
	require.Equal(t, []int64{1, 2}, []int64{got.Receipts[0].Seq, got.Receipts[1].Seq})
	require.True(t, got.Begun)
	require.Equal(t, conversation.Epoch(1), got.Epoch)
	require.Equal(t, conversation.HolderBot, got.Holder)
	require.Equal(t, conversation.StateActive, got.State)
	require.Equal(t, conversation.DefaultIdleClose, got.IdleClose)
	require.Equal(t, conversation.BotFAQ, got.Bot)

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
}

func TestBad_C10_aRepeatHasNoEffect(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id, hello := newConversation(), says("k1", "hello")
	first := f.receive(t, f.batch(id, "li", hello))

	again := f.receive(t, f.batch(id, "li", hello, redelivered(hello), says("k2", "more")))
	require.Equal(t, []conversation.ReceiptOutcome{"new", "repeat", "new"}, outcomes(again))
	require.Equal(t, first.Receipts[0], again.Receipts[0], "what this delivery wrote itself is answered again")
	require.Empty(t, again.Receipts[1].MessageID)

	next := f.receive(t, f.batch(newConversation(), "li", hello))
	require.Equal(t, []conversation.ReceiptOutcome{"repeat"}, outcomes(next), "for another conversation it is a repeat")
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
		require.Equal(t, []conversation.ReceiptOutcome{"quarantined"}, outcomes(got))
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
		require.Equal(t, []conversation.ReceiptOutcome{"quarantined"}, outcomes(got))
		require.False(t, got.Begun)
	}
	require.Equal(t, []conversation.ReceiptOutcome{"repeat"}, outcomes(f.receive(t, f.batch(id, "li", redelivered(bad)))))
	require.Equal(t, []conversation.ReceiptOutcome{"new"}, outcomes(f.receive(t, f.batch(id, "li", good))))
	require.Equal(t, []conversation.ReceiptOutcome{"repeat"}, outcomes(f.receive(t, f.batch(id, "li", redelivered(good)))))
	require.Equal(t, 1, f.count(t, "quarantine", "true"))
	require.Equal(t, 0, f.count(t, "customers", "customer_key <> $1", "key of li"))
}

func TestReceive_notesAnUnfollowWithoutBeginningAConversation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bye := says("k1", "")
	bye.Kind, bye.IsEvent, bye.Follow, bye.Trigger = "unsubscribe", true, conversation.Unfollowed, conversation.TriggerNone
	hello := says("k2", "")
	hello.Kind, hello.IsEvent, hello.Follow, hello.Trigger = "subscribe", true, conversation.Followed, conversation.TriggerTap

	for range 2 {
		got := f.receive(t, f.batch(newConversation(), "li", bye))
		require.Equal(t, []conversation.ReceiptOutcome{"noted"}, outcomes(got))
		require.False(t, got.Begun)
	}
	require.Equal(t, []conversation.ReceiptOutcome{"repeat"}, outcomes(f.receive(t, f.batch(newConversation(), "li", redelivered(bye)))))
	require.Equal(t, 1, f.count(t, "events", "kind = 'unsubscribe'"))

	id := newConversation()
	f.receive(t, f.batch(id, "li", hello))
	require.Equal(t, 1, f.count(t, "customers", "following"))
	bye.MessageKey = "k3"
	f.receive(t, f.batch(id, "li", redelivered(bye)))
	require.Equal(t, 1, f.count(t, "customers", "not following"))
}

func TestReceive_refusesNewMessagesOfAClosedConversationOnly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id, hello := newConversation(), says("k1", "hello")
	first := f.receive(t, f.batch(id, "li", hello))
	ref := conversation.Ref{Tenant: tenant, Conversation: id}
	require.NoError(t, f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))

	_, err := f.Receive(t.Context(), f.batch(id, "li", hello, says("k2", "still there?")))
	require.ErrorIs(t, err, conversation.ErrClosed)
	got := f.receive(t, f.batch(id, "li", hello, redelivered(hello)))
	require.Equal(t, []conversation.ReceiptOutcome{"new", "repeat"}, outcomes(got))
	require.Equal(t, first.Receipts[0], got.Receipts[0])
	require.Equal(t, conversation.StateClosed, got.State)
}

func TestReceive_closesWhatALostRunLeftOpen(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lost, next := newConversation(), newConversation()
	got := f.receive(t, f.batch(lost, "li", says("k1", "hello")))
	ref := conversation.Ref{Tenant: tenant, Conversation: lost}
	_, err := f.StoreAnswer(t.Context(), ref, got.Receipts[0].MessageID, 1, conversation.Answer{Texts: []string{"hi"}})
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
	arrivals := make([]conversation.Arrival, messages)
	for i := range arrivals {
		arrivals[i] = says(fmt.Sprintf("k%d", i), fmt.Sprintf("line %d", i))
	}
	var group errgroup.Group
	for s := range senders {
		group.Go(func() error {
			for part := range slices.Chunk(arrivals, 3+s) {
				mine := make([]conversation.Arrival, len(part))
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

// What a run does not remember it finds here: the lines behind one that a bot is asked about, in order, so many at a time.
func TestTurns_areTheLinesThatWantAnAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := newConversation()
	old, view := says("k3", "old news"), says("k5", "")
	old.Stale = true
	view.Kind, view.IsEvent = "VIEW", true
	got := f.receive(t, f.batch(id, "li", says("k1", "one"), says("k2", "two"), old, says("k4", "three"), view, says("k6", "four")))
	other := newConversation()
	f.receive(t, f.batch(other, "wang", says("k7", "somebody else")))
	of := func(i int) conversation.MessageID { return got.Receipts[i].MessageID }

	c := conversation.Ref{Tenant: conversation.DefaultTenant, Conversation: id}
	next, err := f.Turns(t.Context(), c, of(0), 2)
	require.NoError(t, err)
	require.Equal(t, []conversation.MessageID{of(1), of(3)}, next)
	next, err = f.Turns(t.Context(), c, of(3), 2)
	require.NoError(t, err)
	require.Equal(t, []conversation.MessageID{of(5)}, next)
	next, err = f.Turns(t.Context(), c, of(5), 2)
	require.NoError(t, err)
	require.Empty(t, next)
}
