package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/notice"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// answered is a conversation with one question and an answer of some texts.
func (f *fixture) answered(t *testing.T, texts ...string) (conversation.Ref, conversation.MessageID, []conversation.MessageID) {
	t.Helper()
	return f.answeredBy(t, "li", texts...)
}

func (f *fixture) answeredBy(t *testing.T, customer string, texts ...string) (conversation.Ref, conversation.MessageID, []conversation.MessageID) {
	t.Helper()
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	got := f.receive(t, f.batch(ref.Conversation, customer, says(uuid.NewString(), "hello")))
	f.botAnswers(t, ref, bot.Answer{Texts: texts})
	return ref, got.Receipts[0].MessageID, f.queued(t, ref)
}

// mark claims what is next, which must be this message.
func (f *fixture) mark(t *testing.T, c conversation.Ref, id conversation.MessageID, attempt string) delivery.Marking {
	t.Helper()
	m := f.marks(t, c, attempt)
	require.Equal(t, id, m.MessageID)
	return m
}

func (f *fixture) marks(t *testing.T, c conversation.Ref, attempt string) delivery.Marking {
	t.Helper()
	m, err := f.MarkSending(t.Context(), c, attempt)
	require.NoError(t, err)
	return m
}

// outcome records twice what an attempt came to.
func (f *fixture) outcome(t *testing.T, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) (s conversation.Situation) {
	t.Helper()
	for range 2 {
		var err error
		s, err = f.RecordOutcome(t.Context(), c, id, attempt, o)
		require.NoError(t, err)
	}
	return s
}

// sends claims what is next, which must be this message, and has WeChat take it.
func (f *fixture) sends(t *testing.T, c conversation.Ref, id conversation.MessageID) {
	t.Helper()
	attempt := uuid.NewString()
	require.Equal(t, conversation.DeliverySending, f.mark(t, c, id, attempt).Status)
	f.outcome(t, c, id, attempt, wechat.SendOutcome{Status: wechat.SendSent})
}

// marksEnd has the time of all marks be over.
func (f *fixture) marksEnd(t *testing.T) {
	t.Helper()
	f.exec(t, `update deliveries set until = now() - interval '1 millisecond' where status = 'sending'`)
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
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	hello := says("k1", "hello")
	hello.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	f.receive(t, f.batch(ref.Conversation, "li", hello))
	f.botAnswers(t, ref, bot.Answer{Texts: []string{"hi"}})
	id, attempt := f.queued(t, ref)[0], uuid.NewString()
	f.exec(t, `update messages set created_at = now() - interval '90 seconds' where author = 'customer'`)
	for range 2 {
		got := f.mark(t, ref, id, attempt)
		require.InDelta(t, 90, got.Waited.Seconds(), 10)
		got.Waited = 0
		require.Equal(t, delivery.Marking{
			MessageID: id, Status: conversation.DeliverySending, Attempts: 1, Traceparent: hello.Traceparent,
			Outgoing:    delivery.Outgoing{From: f.credentials(t), OpenID: openID("li"), Text: "hi"},
			AccountKind: f.account.Kind,
		}, got)
	}
	require.Equal(t, 1, f.count(t, "customers", "message_left = 4"), "the same attempt spends once")
	require.Equal(t, 1, f.count(t, "deliveries", `until between now() + interval '10 seconds' and now() + interval '12 seconds'`))
	require.True(t, f.outcome(t, ref, id, attempt, wechat.SendOutcome{Status: wechat.SendSent}).Nothing())
	require.Empty(t, f.marks(t, ref, uuid.NewString()).MessageID, "nothing is left")
}

// R13: in order, one at a time.
func TestMarkSending_waitsForWhatIsBeingSent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "one", "two")
	f.mark(t, ref, ids[0], uuid.NewString())
	later := f.marks(t, ref, uuid.NewString())
	require.Empty(t, later.MessageID)
	require.True(t, later.Situation.Send)
	require.InDelta(t, delivery.SendingLimit.Seconds(), later.Situation.SendIn.Seconds(), 5)

	f.marksEnd(t)
	require.Equal(t, conversation.DeliverySending, f.mark(t, ref, ids[1], uuid.NewString()).Status, "an attempt that died holds up nothing for ever")
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryUnknown, Reason: "answer-lost"}, f.fate(t, ref, ids[0]))
}

// A resent message has a lower number than one that waits. It is the next, whoever asks.
func TestMarkSending_resentMessageIsNext(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "one", "two", "three")
	attempt := uuid.NewString()
	f.mark(t, ref, ids[0], attempt)
	f.outcome(t, ref, ids[0], attempt, wechat.SendOutcome{Status: wechat.SendUnknown, Reason: "wechat-unanswered"})
	attempt = uuid.NewString()
	f.mark(t, ref, ids[1], attempt)
	f.exec(t, `update deliveries set status = 'queued', attempt_id = null, attempts = 0 where message_id = $1`, ids[0])
	require.Empty(t, f.marks(t, ref, uuid.NewString()).MessageID, "one at a time")
	later := f.outcome(t, ref, ids[1], attempt, wechat.SendOutcome{Status: wechat.SendLater, Reason: "wechat-busy", After: time.Hour})
	require.True(t, later.Send)
	require.Zero(t, later.SendIn, "the resent one can go at once")
	f.sends(t, ref, ids[0])
	require.Empty(t, f.marks(t, ref, uuid.NewString()).MessageID)
	f.exec(t, `update deliveries set not_before = now() where status = 'queued'`)
	f.sends(t, ref, ids[1])
	f.sends(t, ref, ids[2])
}

// A message whose acceptance the run never heard of, and one that a restore took away, hold up nothing.
func TestMarkSending_asksForNoParticularMessage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "one", "two")
	f.exec(t, `delete from deliveries where message_id = $1`, ids[0])
	f.sends(t, ref, ids[1])
	situation, err := f.ReadSituation(t.Context(), ref)
	require.NoError(t, err)
	require.True(t, situation.Nothing())
}

func TestR11_attemptThatEndedLateMayCorrectIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "hi")
	owner, stranger := uuid.NewString(), uuid.NewString()
	f.mark(t, ref, ids[0], owner)
	f.marksEnd(t)

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
	for range 10 {
		ref, _, _ := f.answered(t, "hi", "and more")
		statuses := make([]conversation.DeliveryStatus, 8)
		var group errgroup.Group
		for i := range statuses {
			group.Go(func() error {
				m, err := dbs[i%2].MarkSending(t.Context(), ref, uuid.NewString())
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
		ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	}
}

func TestRecordOutcome_laterPutsBackAndRefunds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "hi")
	attempt := uuid.NewString()
	later := wechat.SendOutcome{Status: wechat.SendLater, Code: wechat.CodeBusy, Reason: "wechat-busy", After: time.Minute}
	f.mark(t, ref, ids[0], attempt)
	s := f.outcome(t, ref, ids[0], attempt, later)
	require.True(t, s.Send)
	require.InDelta(t, 60, s.SendIn.Seconds(), 10)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryQueued, Reason: "wechat-busy"}, f.fate(t, ref, ids[0]))
	require.Equal(t, 1, f.count(t, "customers", "message_left = 5"))
	require.Empty(t, f.marks(t, ref, uuid.NewString()).MessageID, "not before then")

	f.exec(t, `update deliveries set not_before = now()`)
	second := uuid.NewString()
	require.Equal(t, 2, f.mark(t, ref, ids[0], second).Attempts)
	ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
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
	f.marksEnd(t)
	f.mark(t, ref, ids[0], uuid.NewString())
	f.outcome(t, ref, ids[0], owner, wechat.SendOutcome{Status: wechat.SendLater, Reason: "wechat-busy"})
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "wechat-busy"}, f.fate(t, ref, ids[0]))
}

func TestMarkSending_aClosedWindowFailsAndASpentCountIsWeChatsToRefuse(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "one", "two", "three")
	f.exec(t, `update customers set message_left = 1`)
	f.sends(t, ref, ids[0])

	attempt := uuid.NewString()
	require.Equal(t, conversation.DeliverySending, f.mark(t, ref, ids[1], attempt).Status)
	f.outcome(t, ref, ids[1], attempt, wechat.SendOutcome{Status: wechat.SendFailed, Code: 45047, Reason: "reply-count-spent"})
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "reply-count-spent"}, f.fate(t, ref, ids[1]))
	f.exec(t, `update customers set message_until = now() - interval '1 second'`)
	settled := f.mark(t, ref, ids[2], uuid.NewString())
	require.Equal(t, []string{"failed", "reply-window-closed"}, []string{string(settled.Status), settled.Reason})
	require.True(t, settled.Situation.Nothing())
}

// R28: what cannot be read fails, with a reason; the next message goes out.
func TestMarkSending_unreadableMessageFails(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "one", "two")
	f.exec(t, `update messages set body = 'tampered' where id = $1`, ids[0])
	settled := f.mark(t, ref, ids[0], uuid.NewString())
	require.Equal(t, []string{"failed", "unreadable"}, []string{string(settled.Status), settled.Reason})
	require.Equal(t, 1, f.count(t, "customers", "message_left = 5"), "nothing is spent")
	f.sends(t, ref, ids[1])
}

// R28: a master key that is not on the ring may be on its way. It is waited for, but not for ever.
func TestMarkSending_waitsTenMinutesForAMasterKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "hi")
	ring, err := secret.ParseKeyring(secret.NewMasterKey("other"))
	require.NoError(t, err)
	db := open(t, f.dsn, ring)
	_, err = db.MarkSending(t.Context(), ref, uuid.NewString())
	require.ErrorIs(t, err, secret.ErrUnknownKey)
	require.Equal(t, 1, f.count(t, "deliveries", "status = 'queued' and attempts = 0"))
	f.exec(t, `update deliveries set updated_at = now() - interval '11 minutes'`)
	m, err := db.MarkSending(t.Context(), ref, uuid.NewString())
	require.NoError(t, err)
	require.Equal(t, []string{string(ids[0]), "unreadable"}, []string{string(m.MessageID), m.Reason})
}

func TestMarkSending_disabledAccountFailsTheMessage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "hi")
	f.exec(t, `update accounts set disabled = true`)
	require.Equal(t, "account-disabled", f.mark(t, ref, ids[0], uuid.NewString()).Reason)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "account-disabled"}, f.fate(t, ref, ids[0]))
}

func TestHandOver_dropsWhatTheBotHasNotSent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "one", "two", "three")
	attempt := uuid.NewString()
	f.mark(t, ref, ids[0], attempt)
	f.receive(t, f.batch(ref.Conversation, "li", says("k2", "a person"), says("k3", "please")))
	f.requestHandOver(t, ref)
	parked := f.handOver(t, ref, toDefaultQueue())
	again := f.handOver(t, ref, toDefaultQueue())
	require.Equal(t, parked.Standing, again.Standing)
	require.Equal(t, conversation.Epoch(2), parked.Epoch)
	require.Equal(t, "Default queue", parked.QueueName)
	require.False(t, parked.HandOver || parked.Turn, "the rest of the lines is for people")
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "superseded-by-person"}, f.fate(t, ref, ids[1]))
	require.Equal(t, 1, f.count(t, "messages", "author = 'system'"))

	f.outcome(t, ref, ids[0], attempt, wechat.SendOutcome{Status: wechat.SendLater, Reason: "wechat-busy"})
	stale := f.mark(t, ref, ids[0], uuid.NewString())
	require.Equal(t, conversation.DeliveryFailed, stale.Status)
	require.Equal(t, "superseded-by-person", stale.Reason)
	mark := f.marks(t, ref, uuid.NewString())
	require.Equal(t, notice.Waiting(conversation.LanguageEnglish, "parked"), mark.Outgoing.Text)

	c, err := f.Conversation(t.Context(), everything, ref.Conversation)
	require.NoError(t, err)
	require.Equal(t, conversation.StateOpen, c.State)
	require.Equal(t, conversation.HolderQueue, c.Holder)
	require.Equal(t, parked.QueueID, c.QueueID)
}

func TestHandOver_takesTheQueueThatWasDecided(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	queue := uuid.NewString()
	f.exec(t, `insert into queues (tenant, id, name) values ('default', $1, 'Returns')`, queue)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	f.receive(t, f.batch(ref.Conversation, "li", says("k1", "hello")))
	require.Equal(t, conversation.HolderBot, f.handOver(t, ref, toDefaultQueue()).Holder, "nobody wishes people")
	f.requestHandOver(t, ref)
	require.Equal(t, "Returns", f.handOver(t, ref, routing.Decision{QueueID: conversation.QueueID(queue)}).QueueName)
}

// R28: a hand-over that cannot be decided or told goes to the default queue.
func TestHandOverPlainly_needsNeitherKeyNorRules(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	f.receive(t, f.batch(ref.Conversation, "li", says("k1", "hello")))
	f.exec(t, `update customers set data_key = 'tampered'`)
	f.exec(t, `update workstreams set variables = '{"no": "list"}'`)
	f.exec(t, `update queues set overflow = '["no object"]'`)

	_, err := f.Turn(t.Context(), ref)
	require.ErrorIs(t, err, secret.ErrUnavailable)
	s, err := f.RequestHandOver(t.Context(), ref, conversation.EscalatedFailed)
	require.NoError(t, err)
	require.True(t, s.HandOver)
	_, err = f.RoutingQuestion(t.Context(), ref)
	require.Error(t, err)
	_, err = f.HandOver(t.Context(), ref, toDefaultQueue())
	require.ErrorIs(t, err, secret.ErrUnavailable)
	require.True(t, s.HandOver, "still wished")
	for range 2 {
		s, err = f.HandOverPlainly(t.Context(), ref, "secret unavailable")
		require.NoError(t, err)
		require.EqualValues(t, defaultQueue, s.QueueID)
		require.True(t, s.Nothing())
	}
	require.Equal(t, 1, f.count(t, "work_items", "state = 'waiting' and priority = 100"))
	require.Equal(t, 1, f.count(t, "feed", `kind = 'alert' and body ->> 'alert' = 'hand-over-failed: secret unavailable'`))
	require.Equal(t, 1, f.count(t, "turns", "command = 'escalate' and reason = ''"))
}

func TestStoreAnswer_theFirstStands(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	f.receive(t, f.batch(ref.Conversation, "li", says("k1", "hello"), says("k2", "anybody?")))
	loaded, err := f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, canary+" hello", loaded.Question.Text)
	require.True(t, loaded.Question.First)
	require.Equal(t, conversation.Epoch(1), loaded.Epoch)
	require.Equal(t, bot.KindFAQ, loaded.Question.Bot.Kind)
	require.Equal(t, conversation.LanguageEnglish, loaded.Question.Language)

	turn := loaded.Question.TurnID
	s, err := f.StoreAnswer(t.Context(), ref, turn, 1, bot.Answer{Texts: []string{"one", "two"}})
	require.NoError(t, err)
	require.True(t, s.Turn && s.Send)
	again, err := f.StoreAnswer(t.Context(), ref, turn, 1, bot.Answer{Texts: []string{"other"}, Command: bot.CommandEnd})
	require.NoError(t, err)
	require.Equal(t, s, again)
	require.Len(t, f.queued(t, ref), 2)

	loaded, err = f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, canary+" anybody?", loaded.Question.Text)
	require.False(t, f.botAnswers(t, ref, bot.Answer{Texts: []string{"three"}}).Turn)
	loaded, err = f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Empty(t, loaded.Question.TurnID)
}

func TestTurn_asksAnEventByItsKey(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	tap := says("k2", "")
	tap.Kind, tap.IsEvent, tap.Text, tap.Fields = "CLICK", true, "", []byte(`{"EventKey":"opening-hours"}`)
	f.receive(t, f.batch(ref.Conversation, "li", says("k1", "hello"), tap))
	f.botAnswers(t, ref, bot.Answer{Texts: []string{"hi"}})
	turn, err := f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, "opening-hours", turn.Question.Text)
	require.Equal(t, "CLICK", turn.Question.Kind)
	require.False(t, turn.Question.First)
}

// Nothing but lines that a bot answers: no old news, no event without a meaning, nothing of another conversation.
func TestTurn_isTheOldestLineThatWaits(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := newConversation()
	old, view := says("k3", "old news"), says("k5", "")
	old.Stale = true
	view.Kind, view.IsEvent = "VIEW", true
	f.receive(t, f.batch(newConversation(), "wang", says("k7", "somebody else")))
	got := f.receive(t, f.batch(id, "li", says("k1", "one"), says("k2", "two"), old, says("k4", "three"), view, says("k6", "four")))
	c := conversation.Ref{Tenant: tenant, Conversation: id}
	for _, i := range []int{0, 1, 3, 5} {
		turn, err := f.Turn(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, got.Receipts[i].MessageID, turn.Question.TurnID)
		f.botAnswers(t, c, bot.Answer{Texts: []string{"hm"}})
	}
	turn, err := f.Turn(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, bot.Turn{}, turn)
}

func TestBad_B01_aLateAnswerIsDropped(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, _ := f.answered(t, "one")
	next := f.receive(t, f.batch(ref.Conversation, "li", says("k2", "more"))).Receipts[0].MessageID
	f.requestHandOver(t, ref)
	late := func(epoch conversation.Epoch) {
		t.Helper()
		_, err := f.StoreAnswer(t.Context(), ref, next, epoch, bot.Answer{Texts: []string{"late"}})
		require.NoError(t, err)
		require.Zero(t, f.count(t, "messages", "turn_id = $1 and author = 'bot'", next))
	}
	late(1)
	f.handOver(t, ref, toDefaultQueue())
	late(1)
	late(2)
	turn, err := f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Empty(t, turn.Question.TurnID)
	ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	late(3)
}

// Bot and people race for the holder: whatever the order, no answer is queued in an epoch that is over.
func TestR6_aHandOverAndAnAnswerNeverBothWin(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 10 {
		ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
		turn := f.receive(t, f.batch(ref.Conversation, "li", says(uuid.NewString(), "hello"))).Receipts[0].MessageID
		var group errgroup.Group
		group.Go(func() error {
			_, err := f.StoreAnswer(t.Context(), ref, turn, 1, bot.Answer{Texts: []string{"racing"}})
			return err
		})
		group.Go(func() error {
			if _, err := f.RequestHandOver(t.Context(), ref, conversation.EscalatedFailed); err != nil {
				return err
			}
			_, err := f.HandOver(t.Context(), ref, toDefaultQueue())
			return err
		})
		require.NoError(t, group.Wait())
		answered := f.count(t, "turns", "conversation_id = $1 and command = ''", ref.Conversation)
		require.Equal(t, 1-answered, f.count(t, "conversations", "id = $1 and holder = 'queue'", ref.Conversation))
		require.Equal(t, answered, f.count(t, "messages", "conversation_id = $1 and author = 'bot'", ref.Conversation))
		ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	}
}

func TestCloseConversation_failsWhatIsUnsentAndIsFinal(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ref, _, ids := f.answered(t, "one")
	f.receive(t, f.batch(ref.Conversation, "li", says("k2", "more")))
	for range 2 {
		ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedByPerson))
	}
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "conversation-closed"}, f.fate(t, ref, ids[0]))
	c, err := f.Conversation(t.Context(), everything, ref.Conversation)
	require.NoError(t, err)
	require.Equal(t, conversation.ClosedByPerson, c.CloseReason)
	require.Equal(t, conversation.Epoch(2), c.Epoch)
	require.False(t, c.ClosedAt.IsZero())
	require.Zero(t, f.count(t, "messages", "wants_answer"))
	ended(t)(f.CloseConversation(t.Context(), conversation.Ref{Tenant: tenant, Conversation: newConversation()}, conversation.ClosedIdle))
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
