package activities_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/activities"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

var errAway = conversation.ErrLater

// asked is the result of an Ask with this outcome.
func asked(o activities.AskOutcome) activities.AskResult {
	out := activities.AskResult{Outcome: o, Result: activities.Result{Logic: activities.Logic, Situation: stands}}
	if o == activities.AskAnswered {
		out.TurnID = turn
	}
	return out
}

// tryAsk has a bot answer a turn that nobody has answered yet, unless the ledger says otherwise.
func tryAsk(t *testing.T, l *ledger, b bots, kind bot.Kind) (activities.AskResult, error) {
	t.Helper()
	l.t = t
	if l.turn == nil {
		l.turn = func() (bot.Turn, error) {
			return bot.Turn{Epoch: 3, Question: bot.Question{TurnID: turn, Text: "hello", Bot: bot.Bot{Kind: kind}}}, nil
		}
	}
	if l.store == nil {
		l.store = func(bot.Answer) error { return nil }
	}
	a := &activities.Activities{Ledger: ledgerOf(l), Bots: b}
	return perform[activities.AskResult](t, a, a.Ask, activities.AskInput{Where: where, Bot: kind})
}

func ask(t *testing.T, l *ledger, b bots) activities.AskResult {
	t.Helper()
	got, err := tryAsk(t, l, b, bot.KindFAQ)
	require.NoError(t, err, "a bot's failure is a result")
	return got
}

func answering(a bot.Answer) bots {
	return func(context.Context, bot.Question) (bot.Answer, error) { return a, nil }
}

func failing(err error) bots {
	return func(context.Context, bot.Question) (bot.Answer, error) {
		return bot.Answer{}, err
	}
}

func TestAsk_storesTheAnswer(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	answer := bot.Answer{Texts: []string{"wait"}, Command: bot.CommandEscalate, Reason: "asked for", QueueID: "q"}
	got := ask(t, l, func(_ context.Context, q bot.Question) (bot.Answer, error) {
		require.Equal(t, "hello", q.Text)
		require.Equal(t, turn, q.TurnID)
		return answer, nil
	})
	require.Equal(t, asked(activities.AskAnswered), got)
	require.Equal(t, []bot.Answer{answer}, l.stored)
}

func TestAsk_asksNobodyWithoutATurn(t *testing.T) {
	t.Parallel()
	l := &ledger{turn: func() (bot.Turn, error) { return bot.Turn{}, nil }}
	require.Equal(t, asked(activities.AskNobody), ask(t, l, nil))
}

func TestAsk_anotherKindOfBotIsNotAsked(t *testing.T) {
	t.Parallel()
	l := &ledger{turn: func() (bot.Turn, error) {
		return bot.Turn{Question: bot.Question{TurnID: turn, Bot: bot.Bot{Kind: bot.KindWebhook}}}, nil
	}}
	want := asked(activities.AskOtherBot)
	want.Bot = bot.KindWebhook
	require.Equal(t, want, ask(t, l, nil))
}

// B01
func TestAsk_botHasEightSeconds(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	got, err := tryAsk(t, l, func(ctx context.Context, _ bot.Question) (bot.Answer, error) {
		deadline, limited := ctx.Deadline()
		require.True(t, limited)
		require.LessOrEqual(t, time.Until(deadline), 8*time.Second)
		return bot.Answer{}, context.DeadlineExceeded
	}, bot.KindWebhook)
	require.NoError(t, err)
	require.Equal(t, asked(activities.AskFailed), got)
	require.Equal(t, 1, l.wanted)
	require.Empty(t, l.stored)
}

// B01
func TestAsk_dropsAnswerAfterTakeover(t *testing.T) {
	t.Parallel()
	before := &ledger{turn: func() (bot.Turn, error) { return bot.Turn{}, conversation.ErrClosed }}
	require.Equal(t, asked(activities.AskNobody), ask(t, before, nil))
	meanwhile := &ledger{store: func(bot.Answer) error { return conversation.ErrClosed }}
	require.Equal(t, asked(activities.AskNobody), ask(t, meanwhile, answering(bot.Answer{Texts: []string{"too late"}})))
}

func TestAsk_unreadableTurnGoesToPeople(t *testing.T) {
	t.Parallel()
	for _, kind := range []bot.Kind{bot.KindFAQ, bot.KindWebhook} {
		l := &ledger{turn: func() (bot.Turn, error) { return bot.Turn{}, secret.ErrUnavailable }}
		got, err := tryAsk(t, l, nil, kind)
		require.NoError(t, err)
		require.Equal(t, asked(activities.AskFailed), got)
		require.Equal(t, 1, l.wanted)
	}
}

func TestAsk_ledgerOutageIsNotTheBotsFailure(t *testing.T) {
	t.Parallel()
	gone := func() (bot.Turn, error) { return bot.Turn{}, errAway }
	_, err := tryAsk(t, &ledger{turn: gone}, nil, bot.KindFAQ)
	require.Equal(t, activities.Away, activities.ClassOf(err), "the FAQ is asked again by Temporal")
	require.Error(t, err)
	got, err := tryAsk(t, &ledger{turn: gone}, nil, bot.KindWebhook)
	require.NoError(t, err, "a webhook by the run, so that its ten seconds begin anew")
	require.Equal(t, activities.AskLater, got.Outcome)
	_, err = tryAsk(t, &ledger{}, failing(conversation.ErrLater), bot.KindFAQ)
	require.Equal(t, activities.Away, activities.ClassOf(err))
	require.Error(t, err)
}

// What the FAQ reads may be broken too: then people take over, and nothing is asked again and again.
func TestAsk_unreadableFAQGoesToPeople(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	got, err := tryAsk(t, l, failing(fmt.Errorf("read the FAQ: %w", state("42703"))), bot.KindFAQ)
	require.NoError(t, err)
	require.Equal(t, asked(activities.AskFailed), got)
	require.Equal(t, 1, l.wanted)
}

// state is an error of Postgres.
type state string

func (s state) Error() string { return "postgres: " + string(s) }

func (s state) SQLState() string { return string(s) }

func TestAsk_slowLedgerAsksTheBotOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failures int
		stored   bool
	}{"slow": {4, true}, "away": {1000, false}} {
		synctest.Test(t, func(t *testing.T) {
			questions, begun := 0, time.Now()
			l := &ledger{store: func(bot.Answer) error {
				if c.failures--; c.failures >= 0 {
					return errAway
				}
				return nil
			}}
			got, err := tryAsk(t, l, func(context.Context, bot.Question) (bot.Answer, error) {
				questions++
				time.Sleep(7 * time.Second)
				return bot.Answer{Texts: []string{"hi"}}, nil
			}, bot.KindWebhook)
			require.Equal(t, 1, questions, name)
			require.LessOrEqual(t, time.Since(begun), 10*time.Second, name)
			if c.stored {
				require.NoError(t, err)
				require.Equal(t, activities.AskAnswered, got.Outcome)
				return
			}
			require.Equal(t, activities.Broken, activities.ClassOf(err), "people take over, and the bot is not asked again")
		})
	}
}

// B03, B05
func TestAsk_failsOnAnswersThatCannotBeShown(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]bot.Answer{
		"nothing at all":        {},
		"an empty text":         {Texts: []string{"hello", ""}},
		"a text of spaces":      {Texts: []string{" \n\t"}, Command: bot.CommandEnd},
		"a text of 2,049 bytes": {Texts: []string{strings.Repeat("x", wechat.MaxTextBytes+1)}},
		"683 Chinese letters":   {Texts: []string{strings.Repeat("长", 683)}},
		"four texts":            {Texts: []string{"1", "2", "3", "4"}},
		"an unknown command":    {Texts: []string{"hello"}, Command: "dance"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &ledger{}
			require.Equal(t, asked(activities.AskFailed), ask(t, l, answering(answer)))
			require.Empty(t, l.stored)
		})
	}
	for name, answer := range map[string]bot.Answer{
		"2,048 bytes":           {Texts: []string{strings.Repeat("x", wechat.MaxTextBytes)}},
		"three texts":           {Texts: []string{"1", "2", "3"}},
		"a command and no text": {Command: bot.CommandEscalate},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, activities.AskAnswered, ask(t, &ledger{}, answering(answer)).Outcome)
		})
	}
}

// X23
func TestAsk_panickingBotHasFailed(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	got := ask(t, l, func(context.Context, bot.Question) (bot.Answer, error) {
		panic("what the customer said")
	})
	require.Equal(t, asked(activities.AskFailed), got)
	require.Empty(t, l.stored)
}
