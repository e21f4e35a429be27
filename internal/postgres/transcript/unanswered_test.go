package transcript_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

func TestReceive_customerWaitsForAnAnswer(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	read := func() conversation.Conversation {
		c, err := f.Conversation(t.Context(), postgrestest.Everything, ref.Conversation)
		require.NoError(t, err)
		return c
	}
	blank := postgrestest.Says("k1", "")
	blank.Text = " "
	f.MustReceive(t, f.Batch(ref.Conversation, "li", blank))
	require.True(t, read().UnansweredSince.IsZero(), "a blank text asks nothing")
	require.True(t, read().AnsweredAt.IsZero())
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k2", "hello")))
	asked := read()
	require.False(t, asked.UnansweredSince.IsZero())
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k3", "anybody?")))
	require.Equal(t, asked.UnansweredSince, read().UnansweredSince, "since the first of them")
	require.True(t, read().ActiveAt.After(asked.ActiveAt))

	f.BotAnswers(t, ref, bot.Answer{Texts: []string{"Hello."}}) // to k2
	require.True(t, read().UnansweredSince.After(asked.UnansweredSince), "they wait since they asked k3")
	require.False(t, read().AnsweredAt.IsZero())
	f.BotAnswers(t, ref, bot.Answer{Texts: []string{"Yes."}})
	require.True(t, read().UnansweredSince.IsZero())
	f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("k4", "hm"), postgrestest.Says("k5", "a person, please")))
	f.BotAnswers(t, ref, bot.Answer{}) // to k4
	require.False(t, read().UnansweredSince.IsZero(), "the bot said nothing")
	f.BotAnswers(t, ref, bot.Answer{Texts: []string{"A colleague will come."}, Command: bot.CommandEscalate})
	require.False(t, read().UnansweredSince.IsZero(), "who is handed over to people waits for them")
}
