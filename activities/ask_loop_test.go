package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/activities"
	"wxdesk/internal/bot"
)

// after is a ledger with a turn that follows recent exchanges.
func after(recent bot.RecentExchanges, text string) *ledger {
	return &ledger{turn: func() (bot.Turn, error) {
		return bot.Turn{
			Recent:   recent,
			Question: bot.Question{TurnID: turn, Kind: "text", Text: text, Bot: bot.Bot{Kind: bot.KindFAQ}},
		}, nil
	}}
}

func twice(text, answer string) bot.RecentExchanges {
	e := bot.Exchange{Kind: "text", Text: text, Answer: []string{answer}}
	return bot.RecentExchanges{Exchanges: []bot.Exchange{e, e}, Answers: 2}
}

// stopped is the result of an answer that is a wish for people: no further event tells the workflow.
var stopped = asked(activities.AskAnswered)

// B10
func TestAsk_stopsAThirdEqualAnswer(t *testing.T) {
	t.Parallel()
	l := after(twice("and?", "sorry?"), "hello?")
	require.Equal(t, stopped, ask(t, l, answering(bot.Answer{Texts: []string{"sorry?"}})))
	require.Equal(t, []bot.Answer{{Command: bot.CommandEscalate, Reason: "bot-repeats"}}, l.stored)

	l = after(twice("and?", "sorry?"), "hello?")
	require.Equal(t, activities.AskAnswered, ask(t, l, answering(bot.Answer{Texts: []string{"yes!"}})).Outcome)
	require.Equal(t, []bot.Answer{{Texts: []string{"yes!"}}}, l.stored)
}

// B10
func TestAsk_loopStopsBeforeTheBotIsAsked(t *testing.T) {
	t.Parallel()
	for reason, recent := range map[string]bot.RecentExchanges{
		"customer-repeats": twice("I am away.", "hello"),
		"bot-too-fast":     {Answers: bot.LoopPace},
	} {
		l := after(recent, "I am away.")
		got := ask(t, l, func(context.Context, bot.Question) (bot.Answer, error) {
			t.Error("the bot was asked")
			return bot.Answer{}, nil
		})
		require.Equal(t, stopped, got, reason)
		require.Equal(t, []bot.Answer{{Command: bot.CommandEscalate, Reason: reason}}, l.stored)
	}
}
