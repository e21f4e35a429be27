package activities_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/activities"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// firstTurn is a ledger with the first turn of a conversation whose workstream has rules.
func firstTurn(stored error) *ledger {
	return &ledger{classify: func() error { return stored }, turn: func() (bot.Turn, error) {
		return bot.Turn{Unclassified: true, Question: bot.Question{TurnID: turn, Text: "hello", Bot: bot.Bot{Kind: bot.KindFAQ}}}, nil
	}}
}

// BOT-1, CLS-13
func TestAsk_appliesRulesBeforeTheBot(t *testing.T) {
	t.Parallel()
	l := firstTurn(nil)
	got := ask(t, l, func(context.Context, bot.Question) (bot.Answer, error) {
		require.Equal(t, []routing.Needs{{Priority: routing.DefaultPriority, Attributes: map[string]any{"topic": "tea"}}}, l.given)
		return bot.Answer{Texts: []string{"Hi."}}, nil
	})
	require.Equal(t, activities.AskAnswered, got.Outcome)

	later := &ledger{}
	require.Equal(t, activities.AskAnswered, ask(t, later, answering(bot.Answer{Texts: []string{"Hi."}})).Outcome)
	require.Empty(t, later.given, "a turn that is classified, or has no rules")
}

// CLS-13
func TestAsk_storesRuleResultsBeforeTheBot(t *testing.T) {
	t.Parallel()
	never := func(context.Context, bot.Question) (bot.Answer, error) {
		t.Error("the bot was asked")
		return bot.Answer{}, nil
	}
	require.Equal(t, asked(activities.AskNobody), ask(t, firstTurn(conversation.ErrClosed), never))
	_, err := tryAsk(t, firstTurn(errAway), never, bot.KindFAQ)
	require.Equal(t, activities.Away, activities.ClassOf(err))
}

// ruled is a ledger with classification rules that ask something.
type ruled struct{ *ledger }

func (ruled) ClassificationQuestion(context.Context, conversation.Ref, conversation.MessageID) (routing.Question, error) {
	return routing.Question{Facts: routing.Facts{}, Classifications: []routing.RulesetVersion{
		{Rules: []routing.Rule{{When: "a"}, {When: "b", Set: map[string]any{"topic": "b"}}, {Set: map[string]any{"topic": "any"}}}},
	}}, nil
}

// S13, L03
// The bot is asked, whatever the rules cost.
func TestClassify_takesTwoSecondsAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ruled{firstTurn(nil)}
		l.t, l.store = t, func(bot.Answer) error { return nil }
		a := &activities.Activities{Ledger: ledgerOf(l), Bots: answering(bot.Answer{Texts: []string{"Hi."}}), Evaluator: slowly(2100 * time.Millisecond)}
		began := time.Now()
		got, err := perform[activities.AskResult](t, a, a.Ask, activities.AskInput{Where: where, Bot: bot.KindFAQ})
		require.NoError(t, err)
		require.Equal(t, activities.AskAnswered, got.Outcome)
		require.Equal(t, "any", l.given[0].Attributes["topic"], "the rule that asks nothing")
		require.Equal(t, 2100*time.Millisecond, time.Since(began), "the second rule is not judged")
	})
}
