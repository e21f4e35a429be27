package transcript_test

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
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// marksEnd has the time of all marks be over.
func marksEnd(f *postgrestest.Fixture, t *testing.T) {
	t.Helper()
	f.Exec(t, `update deliveries set until = now() - interval '1 millisecond' where status = 'sending'`)
}

func TestMarkSending_givesWhatSendingNeeds(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	hello := postgrestest.Says("k1", "hello")
	hello.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	f.MustReceive(t, f.Batch(ref.Conversation, "li", hello))
	f.BotAnswers(t, ref, bot.Answer{Texts: []string{"hi"}})
	id, attempt := f.Queued(t, ref)[0], uuid.NewString()
	f.Exec(t, `update messages set created_at = now() - interval '90 seconds' where author = 'customer'`)
	for range 2 {
		got := f.Mark(t, ref, id, attempt)
		require.InDelta(t, 90, got.Waited.Seconds(), 10)
		got.Waited = 0
		require.Equal(t, delivery.Marking{
			MessageID: id, Status: conversation.DeliverySending, Attempts: 1, Traceparent: hello.Traceparent,
			Outgoing:    delivery.Outgoing{From: credentials(f, t), OpenID: postgrestest.OpenID("li"), Text: "hi"},
			AccountKind: f.TheAccount.Kind,
		}, got)
	}
	require.Equal(t, 1, f.Count(t, "customers", "message_left = 4"), "the same attempt spends once")
	require.Equal(t, 1, f.Count(t, "deliveries", `until between now() + interval '10 seconds' and now() + interval '12 seconds'`))
	require.True(t, f.Outcome(t, ref, id, attempt, wechat.SendOutcome{Status: wechat.SendSent}).Nothing())
	require.Empty(t, f.Marks(t, ref, uuid.NewString()).MessageID, "nothing is left")
}

// R13
// In order, one at a time.
func TestMarkSending_waitsForWhatIsBeingSent(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "one", "two")
	f.Mark(t, ref, ids[0], uuid.NewString())
	later := f.Marks(t, ref, uuid.NewString())
	require.Empty(t, later.MessageID)
	require.True(t, later.Situation.Send)
	require.InDelta(t, delivery.SendingLimit.Seconds(), later.Situation.SendIn.Seconds(), 5)

	marksEnd(f, t)
	require.Equal(t, conversation.DeliverySending, f.Mark(t, ref, ids[1], uuid.NewString()).Status, "an attempt that died holds up nothing for ever")
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryUnknown, Reason: "answer-lost"}, f.Fate(t, ref, ids[0]))
}

// A resent message has a lower number than one that waits. It is the next, whoever asks.
func TestMarkSending_resentMessageIsNext(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "one", "two", "three")
	attempt := uuid.NewString()
	f.Mark(t, ref, ids[0], attempt)
	f.Outcome(t, ref, ids[0], attempt, wechat.SendOutcome{Status: wechat.SendUnknown, Reason: "wechat-unanswered"})
	attempt = uuid.NewString()
	f.Mark(t, ref, ids[1], attempt)
	f.Exec(t, `update deliveries set status = 'queued', attempt_id = null, attempts = 0 where message_id = $1`, ids[0])
	require.Empty(t, f.Marks(t, ref, uuid.NewString()).MessageID, "one at a time")
	later := f.Outcome(t, ref, ids[1], attempt, wechat.SendOutcome{Status: wechat.SendLater, Reason: "wechat-busy", After: time.Hour})
	require.True(t, later.Send)
	require.Zero(t, later.SendIn, "the resent one can go at once")
	f.Sends(t, ref, ids[0])
	require.Empty(t, f.Marks(t, ref, uuid.NewString()).MessageID)
	f.Exec(t, `update deliveries set not_before = now() where status = 'queued'`)
	f.Sends(t, ref, ids[1])
	f.Sends(t, ref, ids[2])
}

// A message whose acceptance the run never heard of, and one that a restore took away, hold up nothing.
func TestMarkSending_asksForNoParticularMessage(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "one", "two")
	f.Exec(t, `delete from deliveries where message_id = $1`, ids[0])
	f.Sends(t, ref, ids[1])
	situation, err := f.ReadSituation(t.Context(), ref)
	require.NoError(t, err)
	require.True(t, situation.Nothing())
}

// R11
func TestRecordOutcome_lateOwnerMayCorrect(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "hi")
	owner, stranger := uuid.NewString(), uuid.NewString()
	f.Mark(t, ref, ids[0], owner)
	marksEnd(f, t)

	require.Equal(t, conversation.DeliveryUnknown, f.Mark(t, ref, ids[0], stranger).Status)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryUnknown, Reason: "answer-lost"}, f.Fate(t, ref, ids[0]))
	f.Outcome(t, ref, ids[0], stranger, wechat.SendOutcome{Status: wechat.SendSent})
	require.Equal(t, conversation.DeliveryUnknown, f.Fate(t, ref, ids[0]).Status)
	f.Outcome(t, ref, ids[0], owner, wechat.SendOutcome{Status: wechat.SendSent})
	require.Equal(t, conversation.Delivery{Status: conversation.DeliverySent}, f.Fate(t, ref, ids[0]))
	f.Outcome(t, ref, ids[0], owner, wechat.SendOutcome{Status: wechat.SendFailed, Reason: "x"})
	require.Equal(t, conversation.DeliverySent, f.Fate(t, ref, ids[0]).Status)
}

// R11
func TestMarkSending_oneOfManyAttemptsSends(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	dbs := []*postgrestest.Ledger{f.Ledger, postgrestest.Open(t, f.DSN, f.Ring)}
	for range 10 {
		ref, _, _ := f.Answered(t, "hi", "and more")
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
		require.Equal(t, 1, f.Count(t, "customers", "message_left = 4"))
		postgrestest.Ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	}
}

func TestRecordOutcome_laterPutsBackAndRefunds(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "hi")
	attempt := uuid.NewString()
	later := wechat.SendOutcome{Status: wechat.SendLater, Code: wechat.CodeBusy, Reason: "wechat-busy", After: time.Minute}
	f.Mark(t, ref, ids[0], attempt)
	s := f.Outcome(t, ref, ids[0], attempt, later)
	require.True(t, s.Send)
	require.InDelta(t, 60, s.SendIn.Seconds(), 10)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryQueued, Reason: "wechat-busy"}, f.Fate(t, ref, ids[0]))
	require.Equal(t, 1, f.Count(t, "customers", "message_left = 5"))
	require.Empty(t, f.Marks(t, ref, uuid.NewString()).MessageID, "not before then")

	f.Exec(t, `update deliveries set not_before = now()`)
	second := uuid.NewString()
	require.Equal(t, 2, f.Mark(t, ref, ids[0], second).Attempts)
	postgrestest.Ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	require.Equal(t, conversation.DeliverySending, f.Fate(t, ref, ids[0]).Status, "closing leaves it to its attempt")
	f.Outcome(t, ref, ids[0], second, later)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "conversation-closed"}, f.Fate(t, ref, ids[0]))
}

func TestRecordOutcome_laterAfterGivingUpFails(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "hi")
	owner := uuid.NewString()
	f.Mark(t, ref, ids[0], owner)
	marksEnd(f, t)
	f.Mark(t, ref, ids[0], uuid.NewString())
	f.Outcome(t, ref, ids[0], owner, wechat.SendOutcome{Status: wechat.SendLater, Reason: "wechat-busy"})
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "wechat-busy"}, f.Fate(t, ref, ids[0]))
}

func TestMarkSending_failsOutsideTheWindow(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "one", "two", "three")
	f.Exec(t, `update customers set message_left = 1`)
	f.Sends(t, ref, ids[0])

	attempt := uuid.NewString()
	require.Equal(t, conversation.DeliverySending, f.Mark(t, ref, ids[1], attempt).Status)
	f.Outcome(t, ref, ids[1], attempt, wechat.SendOutcome{Status: wechat.SendFailed, Code: 45047, Reason: "reply-count-spent"})
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "reply-count-spent"}, f.Fate(t, ref, ids[1]))
	f.Exec(t, `update customers set message_until = now() - interval '1 second'`)
	settled := f.Mark(t, ref, ids[2], uuid.NewString())
	require.Equal(t, []string{"failed", "reply-window-closed"}, []string{string(settled.Status), settled.Reason})
	require.True(t, settled.Situation.Nothing())
}

// R28
// What cannot be read fails, with a reason; the next message goes out.
func TestMarkSending_unreadableMessageFails(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "one", "two")
	f.Exec(t, `update messages set body = 'tampered' where id = $1`, ids[0])
	settled := f.Mark(t, ref, ids[0], uuid.NewString())
	require.Equal(t, []string{"failed", "unreadable"}, []string{string(settled.Status), settled.Reason})
	require.Equal(t, 1, f.Count(t, "customers", "message_left = 5"), "nothing is spent")
	f.Sends(t, ref, ids[1])
}

// R28
// A master key that is not on the ring may be on its way. It is waited for, but not for ever.
func TestMarkSending_waitsTenMinutesForAMasterKey(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "hi")
	ring, err := secret.ParseKeyring(secret.NewMasterKey("other"))
	require.NoError(t, err)
	db := postgrestest.Open(t, f.DSN, ring)
	_, err = db.MarkSending(t.Context(), ref, uuid.NewString())
	require.ErrorIs(t, err, secret.ErrUnknownKey)
	require.Equal(t, 1, f.Count(t, "deliveries", "status = 'queued' and attempts = 0"))
	f.Exec(t, `update deliveries set updated_at = now() - interval '11 minutes'`)
	m, err := db.MarkSending(t.Context(), ref, uuid.NewString())
	require.NoError(t, err)
	require.Equal(t, []string{string(ids[0]), "unreadable"}, []string{string(m.MessageID), m.Reason})
}

func TestMarkSending_failsForADisabledAccount(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "hi")
	f.Exec(t, `update accounts set disabled = true`)
	require.Equal(t, "account-disabled", f.Mark(t, ref, ids[0], uuid.NewString()).Reason)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "account-disabled"}, f.Fate(t, ref, ids[0]))
}

func TestHandOver_dropsWhatTheBotHasNotSent(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "one", "two", "three")
	attempt := uuid.NewString()
	f.Mark(t, ref, ids[0], attempt)
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k2", "a person"), postgrestest.Says("k3", "please")))
	f.MustRequestHandOver(t, ref)
	parked := f.MustHandOver(t, ref, postgrestest.ToDefaultQueue())
	again := f.MustHandOver(t, ref, postgrestest.ToDefaultQueue())
	require.Equal(t, parked.Standing, again.Standing)
	require.Equal(t, conversation.Epoch(2), parked.Epoch)
	require.Equal(t, "Default queue", parked.QueueName)
	require.False(t, parked.HandOver || parked.Turn, "the rest of the lines is for people")
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "superseded-by-person"}, f.Fate(t, ref, ids[1]))
	require.Equal(t, 1, f.Count(t, "messages", "author = 'system'"))

	f.Outcome(t, ref, ids[0], attempt, wechat.SendOutcome{Status: wechat.SendLater, Reason: "wechat-busy"})
	stale := f.Mark(t, ref, ids[0], uuid.NewString())
	require.Equal(t, conversation.DeliveryFailed, stale.Status)
	require.Equal(t, "superseded-by-person", stale.Reason)
	mark := f.Marks(t, ref, uuid.NewString())
	require.Equal(t, notice.Waiting(conversation.LanguageEnglish, "parked"), mark.Outgoing.Text)

	c, err := f.Conversation(t.Context(), postgrestest.Everything, ref.Conversation)
	require.NoError(t, err)
	require.Equal(t, conversation.StateOpen, c.State)
	require.Equal(t, conversation.HolderQueue, c.Holder)
	require.Equal(t, parked.QueueID, c.QueueID)
}

func TestHandOver_takesTheQueueThatWasDecided(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	queue := uuid.NewString()
	f.Exec(t, `insert into queues (tenant, id, name) values ('default', $1, 'Returns')`, queue)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "hello")))
	require.Equal(t, conversation.HolderBot, f.MustHandOver(t, ref, postgrestest.ToDefaultQueue()).Holder, "nobody wishes people")
	f.MustRequestHandOver(t, ref)
	require.Equal(t, "Returns", f.MustHandOver(t, ref, routing.Decision{QueueID: conversation.QueueID(queue)}).QueueName)
}

// R28
// A hand-over that cannot be decided or told goes to the default queue.
func TestHandOverPlainly_needsNeitherKeyNorRules(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "hello")))
	f.Exec(t, `update customers set data_key = 'tampered'`)
	f.Exec(t, `update workstreams set variables = '{"no": "list"}'`)
	f.Exec(t, `update queues set overflow = '["no object"]'`)

	_, err := f.Turn(t.Context(), ref)
	require.ErrorIs(t, err, secret.ErrUnavailable)
	s, err := f.RequestHandOver(t.Context(), ref, conversation.EscalatedFailed)
	require.NoError(t, err)
	require.True(t, s.HandOver)
	_, err = f.RoutingQuestion(t.Context(), ref)
	require.Error(t, err)
	_, err = f.HandOver(t.Context(), ref, postgrestest.ToDefaultQueue())
	require.ErrorIs(t, err, secret.ErrUnavailable)
	require.True(t, s.HandOver, "still wished")
	for range 2 {
		s, err = f.HandOverPlainly(t.Context(), ref, "secret unavailable")
		require.NoError(t, err)
		require.EqualValues(t, postgrestest.DefaultQueue, s.QueueID)
		require.True(t, s.Nothing())
	}
	require.Equal(t, 1, f.Count(t, "work_items", "state = 'waiting' and priority = 100"))
	require.Equal(t, 1, f.Count(t, "feed", `kind = 'alert' and body ->> 'alert' = 'hand-over-failed: secret unavailable'`))
	require.Equal(t, 1, f.Count(t, "turns", "command = 'escalate' and reason = ''"))
}

func TestStoreAnswer_firstOneStands(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "hello"), postgrestest.Says("k2", "anybody?")))
	loaded, err := f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, postgrestest.Canary+" hello", loaded.Question.Text)
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
	require.Len(t, f.Queued(t, ref), 2)

	loaded, err = f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, postgrestest.Canary+" anybody?", loaded.Question.Text)
	require.False(t, f.BotAnswers(t, ref, bot.Answer{Texts: []string{"three"}}).Turn)
	loaded, err = f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Empty(t, loaded.Question.TurnID)
}

func TestTurn_asksAnEventByItsKey(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	tap := postgrestest.Says("k2", "")
	tap.Kind, tap.IsEvent, tap.Text, tap.Fields = "CLICK", true, "", []byte(`{"EventKey":"opening-hours"}`)
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k1", "hello"), tap))
	f.BotAnswers(t, ref, bot.Answer{Texts: []string{"hi"}})
	turn, err := f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, "opening-hours", turn.Question.Text)
	require.Equal(t, "CLICK", turn.Question.Kind)
	require.False(t, turn.Question.First)
}

// Nothing but messages that a bot answers: no old news, no event without a meaning, nothing of another conversation.
func TestTurn_isTheOldestLineThatWaits(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id := postgrestest.NewConversation()
	old, view := postgrestest.Says("k3", "old news"), postgrestest.Says("k5", "")
	old.Stale = true
	view.Kind, view.IsEvent = "VIEW", true
	f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "wang", postgrestest.Says("k7", "somebody else")))
	got := f.MustReceive(t, f.Batch(id, "li", postgrestest.Says("k1", "one"), postgrestest.Says("k2", "two"), old, postgrestest.Says("k4", "three"), view, postgrestest.Says("k6", "four")))
	c := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: id}
	for _, i := range []int{0, 1, 3, 5} {
		turn, err := f.Turn(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, got.Receipts[i].MessageID, turn.Question.TurnID)
		f.BotAnswers(t, c, bot.Answer{Texts: []string{"hm"}})
	}
	turn, err := f.Turn(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, bot.Turn{}, turn)
}

// B01
func TestStoreAnswer_dropsALateAnswer(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, _ := f.Answered(t, "one")
	next := f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k2", "more"))).Receipts[0].MessageID
	f.MustRequestHandOver(t, ref)
	late := func(epoch conversation.Epoch) {
		t.Helper()
		_, err := f.StoreAnswer(t.Context(), ref, next, epoch, bot.Answer{Texts: []string{"late"}})
		require.NoError(t, err)
		require.Zero(t, f.Count(t, "messages", "turn_id = $1 and author = 'bot'", next))
	}
	late(1)
	f.MustHandOver(t, ref, postgrestest.ToDefaultQueue())
	late(1)
	late(2)
	turn, err := f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.Empty(t, turn.Question.TurnID)
	postgrestest.Ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	late(3)
}

// R6
// Bot and people race for the holder: whatever the order, no answer is queued in an epoch that is over.
func TestHandOver_andAnAnswerNeverBothWin(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	for range 10 {
		ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
		turn := f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says(uuid.NewString(), "hello"))).Receipts[0].MessageID
		var group errgroup.Group
		group.Go(func() error {
			_, err := f.StoreAnswer(t.Context(), ref, turn, 1, bot.Answer{Texts: []string{"racing"}})
			return err
		})
		group.Go(func() error {
			if _, err := f.RequestHandOver(t.Context(), ref, conversation.EscalatedFailed); err != nil {
				return err
			}
			_, err := f.HandOver(t.Context(), ref, postgrestest.ToDefaultQueue())
			return err
		})
		require.NoError(t, group.Wait())
		answered := f.Count(t, "turns", "conversation_id = $1 and command = ''", ref.Conversation)
		require.Equal(t, 1-answered, f.Count(t, "conversations", "id = $1 and holder = 'queue'", ref.Conversation))
		require.Equal(t, answered, f.Count(t, "messages", "conversation_id = $1 and author = 'bot'", ref.Conversation))
		postgrestest.Ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	}
}

func TestCloseConversation_isFinal(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref, _, ids := f.Answered(t, "one")
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k2", "more")))
	for range 2 {
		postgrestest.Ended(t)(f.CloseConversation(t.Context(), ref, conversation.ClosedByPerson))
	}
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "conversation-closed"}, f.Fate(t, ref, ids[0]))
	c, err := f.Conversation(t.Context(), postgrestest.Everything, ref.Conversation)
	require.NoError(t, err)
	require.Equal(t, conversation.ClosedByPerson, c.CloseReason)
	require.Equal(t, conversation.Epoch(2), c.Epoch)
	require.False(t, c.ClosedAt.IsZero())
	require.Zero(t, f.Count(t, "messages", "wants_answer"))
	postgrestest.Ended(t)(f.CloseConversation(t.Context(), conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}, conversation.ClosedIdle))
}

func credentials(f *postgrestest.Fixture, t testing.TB) wechat.Credentials {
	t.Helper()
	from, err := f.Credentials(t.Context(), postgrestest.Tenant, f.TheAccount.ID)
	require.NoError(t, err)
	return from
}
