package attack_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R19, S12, S13, C23, A04
// Five attacks at once on one API process, for 20 s with a third of the connections and requests (for a minute
// with all of them with -share 1). Ten callbacks a second are answered success in time meanwhile, the process stays small, and whoever
// is turned away is told why. Afterwards each callback is in the transcript once, and each conversation is offered to an agent. Not
// with the race detector, which needs several times the memory and the time.
func TestAttacks_callbacksGoOn(t *testing.T) { // alone: it takes all that the machine has
	customers := harness.Sized(20, 64)
	s := harness.Start(t)
	agents := harness.NewAgentGroup(s, customers/10+1) // each agent has room for ten
	account := harness.NewCallbackAccount(s)
	// The attackers alone have up to 6,000 connections, and those of callbacks are to be within the limit.
	api := s.StartSecond("api", harness.FreePorts(t, 1)[0], "WXDESK_MAX_CONNECTIONS=6500", harness.ContainerMemory)
	account.Addr, account.TextPrefix = api.Addr, "human "+strings.Repeat("a", 2000) // as long as the patterns of rules are reckoned with
	publishHostileRules(s)
	account.NewSender().Post(account.NewCallback(0)) // the process has served the account before
	before := account.LastNumber

	a := newAttack(t, api.Addr)
	a.slowConnections(harness.Sized(1000, 3000), account.NewCallback(0))
	a.unreadAnswers(harness.Sized(333, 1000), s.AdminToken)
	a.eventStreams(harness.Sized(667, 2000), agents.Connections[0].APIToken)
	a.badTokens(harness.Sized(10_000, 30_000))
	calls := floodCallbacks(account, customers, attackedRate, harness.Sized(20*time.Second, time.Minute))
	a.end()
	peak := harness.PeakMemory(t, api.PID())
	t.Logf("%d callbacks taken within %s; at most %d MB", len(calls.taken), harness.DurationSummary(calls.took), peak>>20)
	for name, answers := range a.answers {
		t.Logf("%s: %v", name, answers)
	}

	require.Empty(t, append(calls.others, summaryIfAny(calls.refused)...), "every callback is taken")
	// The promise is 500 ms. A short run, beside whatever else is tested, asks only that WeChat does not give up.
	require.Less(t, harness.Quantile(calls.took, 0.99), harness.Bound(4600*time.Millisecond, 500*time.Millisecond))
	require.Less(t, peak, int64(512<<20))
	a.requireReasons(map[string][]string{
		"slow connections": {closed, "400"},
		"unread answers":   {closed, "200", "429"},
		"event streams":    {"200", "429", "503"}, // the last if a starved Postgres does not say whose token it is
		"bad tokens":       {"401", "429"},
	})
	require.LessOrEqual(t, a.answers["event streams"]["200"], mostStreams)
	require.NotZero(t, a.answers["bad tokens"]["429"])

	requireEachOnce(s, account, append(calls.taken, before))
	agents.WaitForOffers(customers)
}

// summaryIfAny says how long some took, where there are any.
func summaryIfAny(all []time.Duration) []string {
	if len(all) == 0 {
		return nil
	}
	return []string{harness.DurationSummary(all)}
}
