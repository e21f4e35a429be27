package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// after is a ledger with a turn that follows recent exchanges.
func after(recent conversation.RecentExchanges, text string) *ledger {
	return &ledger{turn: func() (conversation.Turn, error) {
		return conversation.Turn{
			Recent:   recent,
			Question: conversation.Question{TurnID: turn, Kind: "text", Text: text, Bot: conversation.Bot{Kind: conversation.BotFAQ}},
		}, nil
	}}
}

func twice(text, answer string) conversation.RecentExchanges {
	e := conversation.Exchange{Kind: "text", Text: text, Answer: []string{answer}}
	return conversation.RecentExchanges{Exchanges: []conversation.Exchange{e, e}, Answers: 2}
}

// stopped is the result of an answer that is a wish for people: no further event tells the workflow.
var stopped = asked(activities.AskAnswered)

func TestBad_B10_anAnswerThatRepeatsItselfIsNotGivenAThirdTime(t *testing.T) {
	t.Parallel()
	l := after(twice("and?", "sorry?"), "hello?")
	require.Equal(t, stopped, ask(t, l, answering(conversation.Answer{Texts: []string{"sorry?"}})))
	require.Equal(t, []conversation.Answer{{Command: conversation.CommandEscalate, Reason: "bot-repeats"}}, l.stored)

	l = after(twice("and?", "sorry?"), "hello?")
	require.Equal(t, activities.AskAnswered, ask(t, l, answering(conversation.Answer{Texts: []string{"yes!"}})).Outcome)
	require.Equal(t, []conversation.Answer{{Texts: []string{"yes!"}}}, l.stored)
}

func TestBad_B10_whereItIsInVainTheBotIsNotEvenAsked(t *testing.T) {
	t.Parallel()
	for reason, recent := range map[string]conversation.RecentExchanges{
		"customer-repeats": twice("I am away.", "hello"),
		"bot-too-fast":     {Answers: conversation.LoopPace},
	} {
		l := after(recent, "I am away.")
		got := ask(t, l, func(context.Context, conversation.Question) (conversation.Answer, error) {
			t.Error("the bot was asked")
			return conversation.Answer{}, nil
		})
		require.Equal(t, stopped, got, reason)
		require.Equal(t, []conversation.Answer{{Command: conversation.CommandEscalate, Reason: reason}}, l.stored)
	}
}
