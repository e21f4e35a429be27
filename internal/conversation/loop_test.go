package conversation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

// exchanges are texts of customer and bot by turns, newest first.
func exchanges(texts ...string) (l conversation.RecentExchanges) {
	for i := 0; i < len(texts); i += 2 {
		l.Exchanges = append(l.Exchanges, conversation.Exchange{Kind: "text", Text: texts[i], Answer: []string{texts[i+1]}})
	}
	return l
}

func TestBad_B10_theThirdEqualAnswerInARowIsOneTooMany(t *testing.T) {
	t.Parallel()
	sorry := conversation.Answer{Texts: []string{"sorry?"}}
	for name, c := range map[string]struct {
		recent conversation.RecentExchanges
		answer conversation.Answer
		want   conversation.LoopReason
	}{
		"the first":           {exchanges(), sorry, conversation.LoopNone},
		"the second":          {exchanges("b", "sorry?"), sorry, conversation.LoopNone},
		"the third":           {exchanges("b", "sorry?", "a", "sorry?"), sorry, conversation.LoopAnswer},
		"another in between":  {exchanges("b", "yes", "a", "sorry?"), sorry, conversation.LoopNone},
		"another before":      {exchanges("b", "sorry?", "a", "yes"), sorry, conversation.LoopNone},
		"said in two parts":   {exchanges("b", "sorry?", "a", "sorry?"), conversation.Answer{Texts: []string{"sorry?", "?"}}, conversation.LoopNone},
		"people come anyway":  {exchanges("b", "sorry?", "a", "sorry?"), conversation.Answer{Texts: []string{"sorry?"}, Command: conversation.CommandEscalate}, conversation.LoopNone},
		"nothing but command": {conversation.RecentExchanges{Exchanges: make([]conversation.Exchange, 2)}, conversation.Answer{Command: conversation.CommandEnd}, conversation.LoopNone},
	} {
		require.Equal(t, c.want, c.recent.Repeats(c.answer), name)
	}
}

func TestBad_B10_aCustomerWhoseMessageRepeatsItselfIsNotAnsweredByABot(t *testing.T) {
	t.Parallel()
	away := conversation.Question{Kind: "text", Text: "I am away."}
	tap := conversation.Question{Kind: "CLICK", Text: "tea"}
	for name, c := range map[string]struct {
		recent conversation.RecentExchanges
		asked  conversation.Question
		want   conversation.LoopReason
	}{
		"the first":          {exchanges(), away, conversation.LoopNone},
		"the second":         {exchanges("I am away.", "a"), away, conversation.LoopNone},
		"the third":          {exchanges("I am away.", "b", "I am away.", "a"), away, conversation.LoopCustomer},
		"another in between": {exchanges("hello", "b", "I am away.", "a"), away, conversation.LoopNone},
		"a menu, tapped":     {conversation.RecentExchanges{Exchanges: []conversation.Exchange{{Kind: "CLICK", Text: "tea"}, {Kind: "CLICK", Text: "tea"}}}, tap, conversation.LoopNone},
	} {
		require.Equal(t, c.want, c.recent.Stops(c.asked), name)
	}
}

func TestBad_B10_moreThanSixAnswersWithinAMinuteAreTooMany(t *testing.T) {
	t.Parallel()
	q := conversation.Question{Kind: "text", Text: "tea"}
	require.Equal(t, conversation.LoopNone, conversation.RecentExchanges{Answers: 5}.Stops(q), "the sixth")
	require.Equal(t, conversation.LoopPacing, conversation.RecentExchanges{Answers: 6}.Stops(q), "the seventh")
}
