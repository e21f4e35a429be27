package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// firstTurn is a ledger with the first turn of a conversation whose workstream has rules.
func firstTurn(stored error) *ledger {
	return &ledger{classify: func() error { return stored }, turn: func() (conversation.Turn, error) {
		return conversation.Turn{Unclassified: true, Question: conversation.Question{TurnID: turn, Text: "hello", Bot: conversation.Bot{Kind: conversation.BotFAQ}}}, nil
	}}
}

func TestCLS13_rulesAreAskedBeforeTheBotIs(t *testing.T) {
	t.Parallel()
	l := firstTurn(nil)
	got := ask(t, l, func(context.Context, conversation.Question) (conversation.Answer, error) {
		require.Equal(t, []routing.Needs{{Priority: routing.DefaultPriority, Attributes: map[string]any{"topic": "tea"}}}, l.given)
		return conversation.Answer{Texts: []string{"Hi."}}, nil
	})
	require.Equal(t, activities.AskAnswered, got.Outcome)

	later := &ledger{}
	require.Equal(t, activities.AskAnswered, ask(t, later, answering(conversation.Answer{Texts: []string{"Hi."}})).Outcome)
	require.Empty(t, later.given, "a turn that is classified, or has no rules")
}

func TestCLS13_theBotIsNotAskedBeforeWhatRulesGaveIsKept(t *testing.T) {
	t.Parallel()
	never := func(context.Context, conversation.Question) (conversation.Answer, error) {
		t.Error("the bot was asked")
		return conversation.Answer{}, nil
	}
	require.Equal(t, asked(activities.AskNobody), ask(t, firstTurn(conversation.ErrClosed), never))
	_, err := tryAsk(t, firstTurn(errAway), never, conversation.BotFAQ)
	require.Equal(t, activities.Away, activities.ClassOf(err))
}
