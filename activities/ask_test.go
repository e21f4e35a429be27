package activities_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// ask has a bot answer a turn that nobody has answered yet, unless the ledger says otherwise.
func ask(t *testing.T, l *ledger, b bots) activities.AskResult {
	t.Helper()
	l.t = t
	if l.turn == nil {
		l.turn = func() (conversation.Turn, error) {
			return conversation.Turn{Question: conversation.Question{TurnID: turn, Text: "hello", Bot: conversation.Bot{Kind: "faq"}}}, nil
		}
	}
	if l.store == nil {
		l.store = func(a conversation.Answer) (conversation.StoredAnswer, error) {
			return conversation.StoredAnswer{MessageIDs: []conversation.MessageID{"answer"}, Command: a.Command, QueueID: a.QueueID}, nil
		}
	}
	a := &activities.Activities{Ledger: l, Bots: b}
	got, err := perform[activities.AskResult](t, a, a.Ask, activities.AskInput{Where: where, TurnID: turn, Epoch: 3})
	require.NoError(t, err, "a bot's failure is a result")
	return got
}

func answering(a conversation.Answer) bots {
	return func(context.Context, conversation.Question) (conversation.Answer, error) { return a, nil }
}

func failing(err error) bots {
	return func(context.Context, conversation.Question) (conversation.Answer, error) {
		return conversation.Answer{}, err
	}
}

func TestAsk_storesTheAnswerAndNamesItsMessages(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	answer := conversation.Answer{Texts: []string{"wait"}, Command: conversation.CommandEscalate, Reason: "asked for", QueueID: "q"}
	got := ask(t, l, func(_ context.Context, q conversation.Question) (conversation.Answer, error) {
		require.Equal(t, "hello", q.Text)
		require.Equal(t, turn, q.TurnID)
		return answer, nil
	})
	require.Equal(t, activities.AskResult{
		Outcome: activities.AskAnswered, Messages: []conversation.MessageID{"answer"}, Command: conversation.CommandEscalate, QueueID: "q",
	}, got)
	require.Equal(t, []conversation.Answer{answer}, l.stored)
}

func TestAsk_theStoredAnswerStandsAndTheBotIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	l := &ledger{turn: func() (conversation.Turn, error) {
		return conversation.Turn{Stored: &conversation.StoredAnswer{MessageIDs: []conversation.MessageID{"first"}, Command: conversation.CommandEnd}}, nil
	}}
	got := ask(t, l, nil)
	require.Equal(t, activities.AskResult{
		Outcome: activities.AskAnswered, Messages: []conversation.MessageID{"first"}, Command: conversation.CommandEnd,
	}, got)
	require.Empty(t, l.stored)
}

func TestAsk_ofTwoAnswersTheFirstStoredOneStands(t *testing.T) {
	t.Parallel()
	l := &ledger{store: func(conversation.Answer) (conversation.StoredAnswer, error) {
		return conversation.StoredAnswer{MessageIDs: []conversation.MessageID{"of another worker"}}, nil
	}}
	got := ask(t, l, answering(conversation.Answer{Texts: []string{"mine"}, Command: conversation.CommandEnd}))
	require.Equal(t, activities.AskResult{Outcome: activities.AskAnswered, Messages: []conversation.MessageID{"of another worker"}}, got)
}

func TestBad_B01_aBotHasEightSecondsAndThenHasFailed(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	got := ask(t, l, func(ctx context.Context, _ conversation.Question) (conversation.Answer, error) {
		deadline, limited := ctx.Deadline()
		require.True(t, limited)
		require.LessOrEqual(t, time.Until(deadline), 8*time.Second)
		return conversation.Answer{}, context.DeadlineExceeded
	})
	require.Equal(t, activities.AskResult{Outcome: activities.AskFailed}, got)
	require.Empty(t, l.stored)
}

func TestBad_B01_anAnswerAfterSomebodyTookOverIsDropped(t *testing.T) {
	t.Parallel()
	for _, late := range []error{conversation.ErrStaleEpoch, conversation.ErrClosed, conversation.ErrNotFound} {
		before := &ledger{turn: func() (conversation.Turn, error) { return conversation.Turn{}, late }}
		require.Equal(t, activities.AskResult{Outcome: activities.AskStale}, ask(t, before, nil))

		meanwhile := &ledger{store: func(conversation.Answer) (conversation.StoredAnswer, error) { return conversation.StoredAnswer{}, late }}
		got := ask(t, meanwhile, answering(conversation.Answer{Texts: []string{"too late"}}))
		require.Equal(t, activities.AskResult{Outcome: activities.AskStale}, got)
	}
}

func TestAsk_anUnreachableLedgerIsNotTheBotsFailure(t *testing.T) {
	t.Parallel()
	gone := errors.New("no route")
	later := activities.AskResult{Outcome: activities.AskLater}
	require.Equal(t, later, ask(t, &ledger{turn: func() (conversation.Turn, error) { return conversation.Turn{}, gone }}, nil))
	require.Equal(t, later, ask(t, &ledger{}, failing(conversation.ErrLater)))
	require.Equal(t, later, ask(t, &ledger{store: func(conversation.Answer) (conversation.StoredAnswer, error) {
		return conversation.StoredAnswer{}, gone
	}}, answering(conversation.Answer{Texts: []string{"hi"}})))
}

func TestBad_B03_B05_whatCannotBeShownIsAFailure(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]conversation.Answer{
		"nothing at all":        {},
		"an empty text":         {Texts: []string{"hello", ""}},
		"a text of spaces":      {Texts: []string{" \n\t"}, Command: conversation.CommandEnd},
		"a text of 2,049 bytes": {Texts: []string{strings.Repeat("x", wechat.MaxTextBytes+1)}},
		"683 Chinese letters":   {Texts: []string{strings.Repeat("长", 683)}},
		"four texts":            {Texts: []string{"1", "2", "3", "4"}},
		"an unknown command":    {Texts: []string{"hello"}, Command: "dance"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &ledger{}
			require.Equal(t, activities.AskResult{Outcome: activities.AskFailed}, ask(t, l, answering(answer)))
			require.Empty(t, l.stored)
		})
	}
	for name, answer := range map[string]conversation.Answer{
		"2,048 bytes":           {Texts: []string{strings.Repeat("x", wechat.MaxTextBytes)}},
		"three texts":           {Texts: []string{"1", "2", "3"}},
		"a command and no text": {Command: conversation.CommandEscalate},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, activities.AskAnswered, ask(t, &ledger{}, answering(answer)).Outcome)
		})
	}
}

func TestBad_X23_aBotThatPanicsHasFailed(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	got := ask(t, l, func(context.Context, conversation.Question) (conversation.Answer, error) {
		panic("what the customer said")
	})
	require.Equal(t, activities.AskResult{Outcome: activities.AskFailed}, got)
	require.Empty(t, l.stored)
}
