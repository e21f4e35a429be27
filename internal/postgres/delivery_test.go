package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// answered is a conversation with one question and an answer of some texts.
func (f *fixture) answered(t *testing.T, texts ...string) (conversation.Ref, conversation.MessageID, []conversation.MessageID) {
	t.Helper()
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	got := f.receive(t, f.batch(ref.Conversation, "li", says(uuid.NewString(), "hello")))
	stored, err := f.StoreAnswer(t.Context(), ref, got.Receipts[0].MessageID, got.Epoch, conversation.Answer{Texts: texts})
	require.NoError(t, err)
	return ref, got.Receipts[0].MessageID, stored.MessageIDs
}

func (f *fixture) mark(t *testing.T, c conversation.Ref, id conversation.MessageID, attempt string) conversation.Marking {
	t.Helper()
	m, err := f.MarkSending(t.Context(), c, id, attempt)
	require.NoError(t, err)
	return m
}

func (f *fixture) outcome(t *testing.T, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) {
	t.Helper()
	require.NoError(t, f.RecordOutcome(t.Context(), c, id, attempt, o))
}

// fate is how a message stands for people.
func (f *fixture) fate(t *testing.T, c conversation.Ref, id conversation.MessageID) conversation.Delivery {
	t.Helper()
	lines, err := f.Messages(t.Context(), everything, c.Conversation, 0, 100)
	require.NoError(t, err)
	for _, l := range lines {
		if l.ID == id {
			return *l.Delivery
		}
	}
	require.Fail(t, "no such message")
	return conversation.Delivery{}
}

func TestMarkSending_givesWhatSendingNeeds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "hi")
	attempt := uuid.NewString()
	f.exec(t, `update messages set created_at = now() - interval '90 seconds' where author = 'customer'`)
	for range 2 {
		got := f.mark(t, ref, ids[0], attempt)
		require.InDelta(t, 90, got.Waited.Seconds(), 10)
		got.Waited = 0
		require.Equal(t, conversation.Marking{
			Status: conversation.DeliverySending, Attempts: 1,
			Outgoing:    conversation.Outgoing{From: f.credentials(t), OpenID: openID("li"), Text: "hi"},
			AccountKind: f.account.Kind,
		}, got)
	}
	require.Equal(t, 1, f.count(t, "customers", "message_left = 4"), "the same attempt spends once")
	f.outcome(t, ref, ids[0], attempt, wechat.SendOutcome{Status: wechat.SendSent})
	require.Equal(t, conversation.DeliverySent, f.mark(t, ref, ids[0], uuid.NewString()).Status)
}

func TestR13_aMessageWaitsForThoseBeforeIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "one", "two")
	_, err := f.MarkSending(t.Context(), ref, ids[1], uuid.NewString())
	require.ErrorIs(t, err, conversation.ErrLater)

	first := uuid.NewString()
	f.mark(t, ref, ids[0], first)
	_, err = f.MarkSending(t.Context(), ref, ids[1], uuid.NewString())
	require.ErrorIs(t, err, conversation.ErrLater)

	f.exec(t, `update deliveries set updated_at = now() - interval '61 seconds' where status = 'sending'`)
	require.Equal(t, conversation.DeliverySending, f.mark(t, ref, ids[1], uuid.NewString()).Status, "an attempt that died holds up nothing for ever")
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryUnknown, Reason: "answer-lost"}, f.fate(t, ref, ids[0]))
}

func TestR11_aForeignSendingBecomesUnknownAndItsOwnerMayCorrectThat(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "hi")
	owner, stranger := uuid.NewString(), uuid.NewString()
	f.mark(t, ref, ids[0], owner)

	require.Equal(t, conversation.DeliveryUnknown, f.mark(t, ref, ids[0], stranger).Status)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryUnknown, Reason: "answer-lost"}, f.fate(t, ref, ids[0]))
	f.outcome(t, ref, ids[0], stranger, wechat.SendOutcome{Status: wechat.SendSent})
	require.Equal(t, conversation.DeliveryUnknown, f.fate(t, ref, ids[0]).Status)
	f.outcome(t, ref, ids[0], owner, wechat.SendOutcome{Status: wechat.SendSent})
	require.Equal(t, conversation.Delivery{Status: conversation.DeliverySent}, f.fate(t, ref, ids[0]))
	f.outcome(t, ref, ids[0], owner, wechat.SendOutcome{Status: wechat.SendFailed, Reason: "x"})
	require.Equal(t, conversation.DeliverySent, f.fate(t, ref, ids[0]).Status)
}

func TestR11_oneOfManyAttemptsSends(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	dbs := []*postgres.DB{f.DB, open(t, f.dsn, f.ring)}
	ref, _, ids := f.answered(t, "hi")
	statuses := make([]conversation.DeliveryStatus, 8)
	var group errgroup.Group
	for i := range statuses {
		group.Go(func() error {
			m, err := dbs[i%2].MarkSending(t.Context(), ref, ids[0], uuid.NewString())
			statuses[i] = m.Status
			return err
		})
	}
	require.NoError(t, group.Wait())
	sending := 0
	for _, s := range statuses {
		if s == conversation.DeliverySending {
			sending++
		}
	}
	require.Equal(t, 1, sending)
	require.Equal(t, 1, f.count(t, "customers", "message_left = 4"))
}

func TestRecordOutcome_laterPutsBackAndRefunds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "hi")
	attempt := uuid.NewString()
	later := wechat.SendOutcome{Status: wechat.SendLater, Code: wechat.CodeBusy, Reason: "wechat-busy"}
	f.mark(t, ref, ids[0], attempt)
	for range 2 {
		f.outcome(t, ref, ids[0], attempt, later)
	}
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryQueued, Reason: "wechat-busy"}, f.fate(t, ref, ids[0]))
	require.Equal(t, 1, f.count(t, "customers", "message_left = 5"))

	second := uuid.NewString()
	require.Equal(t, 2, f.mark(t, ref, ids[0], second).Attempts)
	require.NoError(t, f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	require.Equal(t, conversation.DeliverySending, f.fate(t, ref, ids[0]).Status, "closing leaves it to its attempt")
	f.outcome(t, ref, ids[0], second, later)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "conversation-closed"}, f.fate(t, ref, ids[0]))
}

func TestRecordOutcome_laterForAMessageGivenUpFails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "hi")
	owner := uuid.NewString()
	f.mark(t, ref, ids[0], owner)
	f.mark(t, ref, ids[0], uuid.NewString())
	f.outcome(t, ref, ids[0], owner, wechat.SendOutcome{Status: wechat.SendLater, Reason: "wechat-busy"})
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "wechat-busy"}, f.fate(t, ref, ids[0]))
}

func TestMarkSending_aClosedWindowFailsAndASpentCountIsWeChatsToRefuse(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "one", "two", "three")
	f.exec(t, `update customers set message_left = 1`)
	attempt := uuid.NewString()
	f.mark(t, ref, ids[0], attempt)
	f.outcome(t, ref, ids[0], attempt, wechat.SendOutcome{Status: wechat.SendSent})

	attempt = uuid.NewString()
	require.Equal(t, conversation.DeliverySending, f.mark(t, ref, ids[1], attempt).Status)
	f.outcome(t, ref, ids[1], attempt, wechat.SendOutcome{Status: wechat.SendFailed, Code: 45047, Reason: "reply-count-spent"})
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "reply-count-spent"}, f.fate(t, ref, ids[1]))
	f.exec(t, `update customers set message_until = now() - interval '1 second'`)
	closed := f.mark(t, ref, ids[2], uuid.NewString())
	require.Equal(t, conversation.Marking{Status: conversation.DeliveryFailed, Reason: "reply-window-closed"}, closed)
}

func TestEnqueue_dropsWhatTheBotHasNotSent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, turn, ids := f.answered(t, "one", "two", "three")
	attempt := uuid.NewString()
	f.mark(t, ref, ids[0], attempt)

	var parked conversation.Enqueued
	for range 2 {
		again, err := f.Enqueue(t.Context(), ref, conversation.HandOver{
			Reason: "bot-escalated", MessageID: turn, FromEpoch: 1,
		}, toDefaultQueue())
		require.NoError(t, err)
		require.True(t, parked.NoticeID == "" || parked.NoticeID == again.NoticeID)
		parked = again
	}
	require.Equal(t, conversation.Epoch(2), parked.Epoch)
	require.Equal(t, "Default queue", parked.QueueName)
	require.Equal(t, ids[1:], parked.Dropped)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "superseded-by-person"}, f.fate(t, ref, ids[1]))

	f.outcome(t, ref, ids[0], attempt, wechat.SendOutcome{Status: wechat.SendLater, Reason: "wechat-busy"})
	stale := f.mark(t, ref, ids[0], uuid.NewString())
	require.Equal(t, conversation.DeliveryFailed, stale.Status)
	require.Equal(t, "superseded-by-person", stale.Reason)
	notice := f.mark(t, ref, parked.NoticeID, uuid.NewString())
	require.Equal(t, conversation.ParkedNotice(conversation.LanguageEnglish), notice.Outgoing.Text)

	c, err := f.Conversation(t.Context(), everything, ref.Conversation)
	require.NoError(t, err)
	require.Equal(t, conversation.StateOpen, c.State)
	require.Equal(t, conversation.HolderQueue, c.Holder)
	require.Equal(t, parked.QueueID, c.QueueID)
}

func TestEnqueue_takesTheQueueThatWasDecided(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	queue := uuid.NewString()
	f.exec(t, `insert into queues (tenant, id, name) values ('default', $1, 'Returns')`, queue)
	ref, turn, _ := f.answered(t, "one")
	parked, err := f.Enqueue(t.Context(), ref, conversation.HandOver{MessageID: turn, FromEpoch: 1}, routing.Decision{QueueID: conversation.QueueID(queue)})
	require.NoError(t, err)
	require.Equal(t, "Returns", parked.QueueName)
}

func TestStoreAnswer_theFirstStands(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, turn, ids := f.answered(t, "one", "two")
	again, err := f.StoreAnswer(t.Context(), ref, turn, 1, conversation.Answer{Texts: []string{"other"}, Command: conversation.CommandEnd})
	require.NoError(t, err)
	require.Equal(t, conversation.StoredAnswer{MessageIDs: ids}, again)

	loaded, err := f.Turn(t.Context(), ref, turn, 1)
	require.NoError(t, err)
	require.Equal(t, &again, loaded.Stored)
	require.Equal(t, canary+" hello", loaded.Question.Text)
	require.True(t, loaded.Question.First)
	require.Equal(t, conversation.BotFAQ, loaded.Question.Bot.Kind)
	require.Equal(t, conversation.LanguageEnglish, loaded.Question.Language)
}

func TestTurn_asksAnEventByItsKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	tap := says("k2", "")
	tap.Kind, tap.IsEvent, tap.Text, tap.Fields = "CLICK", true, "", []byte(`{"EventKey":"opening-hours"}`)
	got := f.receive(t, f.batch(ref.Conversation, "li", says("k1", "hello"), tap))
	turn, err := f.Turn(t.Context(), ref, got.Receipts[1].MessageID, 1)
	require.NoError(t, err)
	require.Equal(t, "opening-hours", turn.Question.Text)
	require.Equal(t, "CLICK", turn.Question.Kind)
	require.False(t, turn.Question.First)
	require.Nil(t, turn.Stored)
}

func TestBad_B01_aLateAnswerIsDropped(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, turn, _ := f.answered(t, "one")
	next := f.receive(t, f.batch(ref.Conversation, "li", says("k2", "more"))).Receipts[0].MessageID
	_, err := f.Enqueue(t.Context(), ref, conversation.HandOver{MessageID: turn, FromEpoch: 1}, toDefaultQueue())
	require.NoError(t, err)

	_, err = f.StoreAnswer(t.Context(), ref, next, 1, conversation.Answer{Texts: []string{"late"}})
	require.ErrorIs(t, err, conversation.ErrStaleEpoch)
	_, err = f.Turn(t.Context(), ref, next, 1)
	require.ErrorIs(t, err, conversation.ErrStaleEpoch)
	_, err = f.Enqueue(t.Context(), ref, conversation.HandOver{MessageID: next, FromEpoch: 1}, toDefaultQueue())
	require.ErrorIs(t, err, conversation.ErrStaleEpoch)

	require.NoError(t, f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	_, err = f.StoreAnswer(t.Context(), ref, next, 3, conversation.Answer{Texts: []string{"late"}})
	require.ErrorIs(t, err, conversation.ErrClosed)
}

// Bot and people race for the holder: whatever the order, no answer is queued in an epoch that is over.
func TestR6_aHandOverAndAnAnswerNeverBothWin(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 10 {
		ref, turn, _ := f.answered(t, "one")
		next := f.receive(t, f.batch(ref.Conversation, "li", says(uuid.NewString(), "more"))).Receipts[0].MessageID
		var stored error
		var group errgroup.Group
		group.Go(func() error {
			_, stored = f.StoreAnswer(t.Context(), ref, next, 1, conversation.Answer{Texts: []string{"racing"}})
			return nil
		})
		group.Go(func() error {
			_, err := f.Enqueue(t.Context(), ref, conversation.HandOver{MessageID: turn, FromEpoch: 1}, toDefaultQueue())
			return err
		})
		require.NoError(t, group.Wait())
		if stored != nil {
			require.ErrorIs(t, stored, conversation.ErrStaleEpoch)
		}
		require.Zero(t, f.count(t, "deliveries", "conversation_id = $1 and epoch is not null and status = 'queued'", ref.Conversation))
	}
}

func TestCloseConversation_failsWhatIsUnsentAndIsFinal(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "one")
	for range 2 {
		require.NoError(t, f.CloseConversation(t.Context(), ref, conversation.ClosedByPerson))
	}
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "conversation-closed"}, f.fate(t, ref, ids[0]))
	c, err := f.Conversation(t.Context(), everything, ref.Conversation)
	require.NoError(t, err)
	require.Equal(t, conversation.ClosedByPerson, c.CloseReason)
	require.Equal(t, conversation.Epoch(2), c.Epoch)
	require.False(t, c.ClosedAt.IsZero())
	require.NoError(t, f.CloseConversation(t.Context(), conversation.Ref{Tenant: tenant, Conversation: newConversation()}, conversation.ClosedIdle))
}

// toDefaultQueue is the decision where no rule says anything else.
func toDefaultQueue() routing.Decision {
	return routing.Decision{QueueID: defaultQueue, Needs: routing.Needs{Priority: 100}, Notice: routing.NoticeParked}
}

func (f *fixture) credentials(t testing.TB) wechat.Credentials {
	t.Helper()
	from, err := f.Credentials(t.Context(), tenant, f.account.ID)
	require.NoError(t, err)
	return from
}

func TestMarkSending_ofADisabledAccountSaysSo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "hi")
	f.exec(t, `update accounts set disabled = true`)
	got := f.mark(t, ref, ids[0], uuid.NewString())
	require.Equal(t, conversation.Outgoing{Disabled: true, OpenID: openID("li"), Text: "hi"}, got.Outgoing)
}

func TestMarkSending_leavesTheMessageQueuedWhereTheAppSecretDoesNotOpen(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "hi")
	f.exec(t, `update accounts set app_secret = 'moved here from another row'`)
	_, err := f.MarkSending(t.Context(), ref, ids[0], uuid.NewString())
	require.ErrorIs(t, err, secret.ErrUnavailable)
	require.Equal(t, 1, f.count(t, "deliveries", "status = 'queued' and attempts = 0"))
	require.Equal(t, 1, f.count(t, "customers", "message_left = 5"))
}
