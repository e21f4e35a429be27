package postgrestest

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/routing"
	"wxdesk/internal/wechat"
)

// Answered is a conversation with one question and an answer of some texts.
func (f *Fixture) Answered(t *testing.T, texts ...string) (conversation.Ref, conversation.MessageID, []conversation.MessageID) {
	t.Helper()
	return f.AnsweredBy(t, "li", texts...)
}

// AnsweredBy is a conversation whose bot has answered.
func (f *Fixture) AnsweredBy(t *testing.T, customer string, texts ...string) (conversation.Ref, conversation.MessageID, []conversation.MessageID) {
	t.Helper()
	ref := conversation.Ref{Tenant: Tenant, Conversation: NewConversation()}
	got := f.MustReceive(t, f.Batch(ref.Conversation, customer, Says(uuid.NewString(), "hello")))
	f.BotAnswers(t, ref, bot.Answer{Texts: texts})
	return ref, got.Receipts[0].MessageID, f.Queued(t, ref)
}

// Mark claims what is next, which must be this message.
func (f *Fixture) Mark(t *testing.T, c conversation.Ref, id conversation.MessageID, attempt string) delivery.Marking {
	t.Helper()
	m := f.Marks(t, c, attempt)
	require.Equal(t, id, m.MessageID)
	return m
}

// Marks marks the next message as being sent.
func (f *Fixture) Marks(t *testing.T, c conversation.Ref, attempt string) delivery.Marking {
	t.Helper()
	m, err := f.MarkSending(t.Context(), c, attempt)
	require.NoError(t, err)
	return m
}

// Outcome records twice what an attempt came to.
func (f *Fixture) Outcome(t *testing.T, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) (s conversation.Situation) {
	t.Helper()
	for range 2 {
		var err error
		s, err = f.RecordOutcome(t.Context(), c, id, attempt, o)
		require.NoError(t, err)
	}
	return s
}

// Sends claims what is next, which must be this message, and has WeChat take it.
func (f *Fixture) Sends(t *testing.T, c conversation.Ref, id conversation.MessageID) {
	t.Helper()
	attempt := uuid.NewString()
	require.Equal(t, conversation.DeliverySending, f.Mark(t, c, id, attempt).Status)
	f.Outcome(t, c, id, attempt, wechat.SendOutcome{Status: wechat.SendSent})
}

// Fate is how a message stands for people.
func (f *Fixture) Fate(t *testing.T, c conversation.Ref, id conversation.MessageID) conversation.Delivery {
	t.Helper()
	lines, err := f.Messages(t.Context(), Everything, c.Conversation, 0, 100)
	require.NoError(t, err)
	for _, l := range lines {
		if l.ID == id {
			return *l.Delivery
		}
	}
	require.Fail(t, "no such message")
	return conversation.Delivery{}
}

// ToDefaultQueue is the decision where no rule says anything else.
func ToDefaultQueue() routing.Decision {
	return routing.Decision{QueueID: DefaultQueue, Needs: routing.Needs{Priority: 100}, Notice: routing.NoticeParked}
}
