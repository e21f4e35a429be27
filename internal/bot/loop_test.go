package bot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
)

// exchanges are texts of customer and bot by turns, newest first.
func exchanges(texts ...string) (l bot.RecentExchanges) {
	for i := 0; i < len(texts); i += 2 {
		l.Exchanges = append(l.Exchanges, bot.Exchange{Kind: "text", Text: texts[i], Answer: []string{texts[i+1]}})
	}
	return l
}

// B10
func TestRepeats_findsTheThirdEqualAnswer(t *testing.T) {
	t.Parallel()
	sorry := bot.Answer{Texts: []string{"sorry?"}}
	for name, c := range map[string]struct {
		recent bot.RecentExchanges
		answer bot.Answer
		want   bot.LoopReason
	}{
		"the first":           {exchanges(), sorry, bot.LoopNone},
		"the second":          {exchanges("b", "sorry?"), sorry, bot.LoopNone},
		"the third":           {exchanges("b", "sorry?", "a", "sorry?"), sorry, bot.LoopAnswer},
		"another in between":  {exchanges("b", "yes", "a", "sorry?"), sorry, bot.LoopNone},
		"another before":      {exchanges("b", "sorry?", "a", "yes"), sorry, bot.LoopNone},
		"said in two parts":   {exchanges("b", "sorry?", "a", "sorry?"), bot.Answer{Texts: []string{"sorry?", "?"}}, bot.LoopNone},
		"people come anyway":  {exchanges("b", "sorry?", "a", "sorry?"), bot.Answer{Texts: []string{"sorry?"}, Command: bot.CommandEscalate}, bot.LoopNone},
		"nothing but command": {bot.RecentExchanges{Exchanges: make([]bot.Exchange, 2)}, bot.Answer{Command: bot.CommandEnd}, bot.LoopNone},
	} {
		require.Equal(t, c.want, c.recent.Repeats(c.answer), name)
	}
}

// B10
func TestStops_whenTheCustomerRepeats(t *testing.T) {
	t.Parallel()
	away := bot.Question{Kind: "text", Text: "I am away."}
	tap := bot.Question{Kind: "CLICK", Text: "tea"}
	for name, c := range map[string]struct {
		recent bot.RecentExchanges
		asked  bot.Question
		want   bot.LoopReason
	}{
		"the first":          {exchanges(), away, bot.LoopNone},
		"the second":         {exchanges("I am away.", "a"), away, bot.LoopNone},
		"the third":          {exchanges("I am away.", "b", "I am away.", "a"), away, bot.LoopCustomer},
		"another in between": {exchanges("hello", "b", "I am away.", "a"), away, bot.LoopNone},
		"a menu, tapped":     {bot.RecentExchanges{Exchanges: []bot.Exchange{{Kind: "CLICK", Text: "tea"}, {Kind: "CLICK", Text: "tea"}}}, tap, bot.LoopNone},
	} {
		require.Equal(t, c.want, c.recent.Stops(c.asked), name)
	}
}

// B10
func TestStops_afterSixAnswersAMinute(t *testing.T) {
	t.Parallel()
	q := bot.Question{Kind: "text", Text: "tea"}
	require.Equal(t, bot.LoopNone, bot.RecentExchanges{Answers: 5}.Stops(q), "the sixth")
	require.Equal(t, bot.LoopPacing, bot.RecentExchanges{Answers: 6}.Stops(q), "the seventh")
}
