package transcript_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// turns has a customer write in a conversation of a bot, which answers all but the last message.
func turns(f *postgrestest.Fixture, t *testing.T, id conversation.ID, answers ...[]string) (last bot.Turn) {
	t.Helper()
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: id}
	for i := range len(answers) + 1 {
		said := postgrestest.Says(fmt.Sprint("key ", id, i), fmt.Sprint("line ", i+1))
		f.MustReceive(t, f.Batch(id, "ann", said))
		var err error
		last, err = f.Turn(t.Context(), ref)
		require.NoError(t, err)
		if i < len(answers) {
			f.BotAnswers(t, ref, bot.Answer{Texts: answers[i]})
		}
	}
	return last
}

// B10
func TestTurn_knowsTwoExchangesAndThePace(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	require.NoError(t, f.UseBot(t, f.Webhook(t).ID))
	id := postgrestest.NewConversation()
	last := turns(f, t, id, []string{"a"}, []string{"b1", "b2"}, []string{"c"})
	require.Equal(t, bot.RecentExchanges{Answers: 3, Exchanges: []bot.Exchange{
		{Kind: "text", Text: postgrestest.Canary + " line 3", Answer: []string{"c"}},
		{Kind: "text", Text: postgrestest.Canary + " line 2", Answer: []string{"b1", "b2"}},
	}}, last.Recent)

	f.Exec(t, `update turns set answered_at = answered_at - interval '61 seconds'`)
	turn := func() bot.RecentExchanges {
		again, err := f.Turn(t.Context(), conversation.Ref{Tenant: postgrestest.Tenant, Conversation: id})
		require.NoError(t, err)
		return again.Recent
	}
	require.Zero(t, turn().Answers, "a minute later")
	require.Len(t, turn().Exchanges, 2)

	f.Exec(t, `update messages set body = 'tampered' where seq = (select max(seq) from messages where author = 'bot')`)
	recent := turn()
	require.Equal(t, "line 3", recent.Exchanges[0].Text[len(postgrestest.Canary)+1:])
	require.NotEqual(t, []string{"c"}, recent.Exchanges[0].Answer, "what cannot be opened repeats nothing")
}

// B10
func TestTurn_countsItsOwnConversationOnly(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	require.NoError(t, f.UseBot(t, f.Webhook(t).ID))
	id := postgrestest.NewConversation()
	answers := make([][]string, bot.LoopPace+2)
	for i := range answers {
		answers[i] = []string{"same"}
	}
	last := turns(f, t, id, answers...)
	require.Equal(t, bot.LoopPace, last.Recent.Answers)
	require.Equal(t, bot.LoopPacing, last.Recent.Stops(last.Question))
	require.Equal(t, bot.LoopAnswer, last.Recent.Repeats(bot.Answer{Texts: []string{"same"}}))

	postgrestest.Ended(t)(f.CloseConversation(t.Context(), conversation.Ref{Tenant: postgrestest.Tenant, Conversation: id}, conversation.ClosedByBot))
	require.Zero(t, turns(f, t, postgrestest.NewConversation()).Recent, "the next conversation begins anew")
}

// B10
func TestTurn_faqMayRepeatItself(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	require.Zero(t, turns(f, t, postgrestest.NewConversation(), []string{"same"}, []string{"same"}).Recent)
}

// B07
func TestRoutingQuestion_ignoresAnUnknownQueue(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	const known = conversation.QueueID("00000000-0000-7000-8000-000000000002")
	for i, c := range []struct{ asked, stored conversation.QueueID }{
		{"not an id", ""}, {conversation.QueueID(postgrestest.NewConversation()), ""}, {known, known},
	} {
		ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
		f.MustReceive(t, f.Batch(ref.Conversation, fmt.Sprint(i), postgrestest.Says(fmt.Sprint(i), "hello")))
		f.BotAnswers(t, ref, bot.Answer{Command: bot.CommandEscalate, QueueID: c.asked})
		q, err := f.RoutingQuestion(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, c.stored, q.Wish)
	}
}
