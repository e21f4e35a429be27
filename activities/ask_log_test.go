package activities_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"wxdesk/activities"
	"wxdesk/internal/bot"
)

// logged has a bot answer a turn, and returns the result and the log.
func logged(t *testing.T, l *ledger, b bots) (out activities.AskResult, lines string) {
	t.Helper()
	var log bytes.Buffer
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.NewJSONHandler(&log, nil))))
	env := suite.NewTestActivityEnvironment()
	a := &activities.Activities{Ledger: ledgerOf(l), Bots: b, Span: noSpan}
	env.RegisterActivity(a)
	value, err := env.ExecuteActivity(a.Ask, activities.AskInput{Where: where, Bot: bot.KindFAQ})
	require.NoError(t, err)
	require.NoError(t, value.Get(&out))
	return out, log.String()
}

// B09
func TestAsk_leakIsBlockedAndLogged(t *testing.T) {
	t.Parallel()
	l := after(bot.RecentExchanges{}, "hello")
	l.t = t
	out, lines := logged(t, l, failing(fmt.Errorf("webhook: %w", bot.ErrLeak)))
	require.Equal(t, asked(activities.AskFailed), out)
	require.Empty(t, l.stored)
	require.Contains(t, lines, `"level":"ERROR","msg":"bot answer with a secret or openid blocked"`)
}

// B07
func TestAsk_logsIgnoredParts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer bot.Answer
		logged string
	}{
		"what the connector leaves out": {bot.Answer{Texts: []string{"hi"}, Ignored: []string{"an unknown command"}}, "an unknown command"},
		"nothing":                       {bot.Answer{Texts: []string{"hi"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := after(bot.RecentExchanges{}, "hello")
			l.store = func(bot.Answer) error { return nil }
			_, lines := logged(t, l, answering(c.answer))
			require.Contains(t, lines, c.logged)
			require.Equal(t, c.logged != "", strings.Contains(lines, "ignored"))
			require.NotContains(t, lines, "canary")
		})
	}
}
