package attack_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R19, C16
// Sixty-four connections send callbacks for accounts that there are not, as fast as they are answered, for 10 s (a minute with -share 1).
// They take all processors that there are, and Postgres, which has to look each account up, gets those last. Ten callbacks a second
// of a real account are answered success in time meanwhile, and each is in the transcript once.
func TestAttacks_madeUpAccountsDelayNobody(t *testing.T) { // alone: it takes all that the machine has
	s := harness.Start(t)
	lowerPriority(s, "postgres")
	account := harness.NewCallbackAccount(s)
	account.TextPrefix = "human"
	first := account.NewCallback(0)
	account.NewSender().Post(first) // the process has served the account before
	before := account.LastNumber

	a := newAttack(t, account.Addr)
	a.madeUpAccounts(64, first, account.ID)
	calls := floodCallbacks(account, 16, attackedRate, harness.Sized(10*time.Second, time.Minute))
	a.end()
	t.Logf("%d callbacks taken within %s; made up: %v", len(calls.taken), harness.DurationSummary(calls.took), a.answers["made-up accounts"])

	require.Empty(t, append(calls.others, summaryIfAny(calls.refused)...), "every callback is taken")
	// The promise is 500 ms. A short run, beside whatever else is tested, asks only that WeChat does not give up.
	require.Less(t, harness.Quantile(calls.took, 0.99), harness.Bound(4600*time.Millisecond, 500*time.Millisecond))
	a.requireReasons(map[string][]string{"made-up accounts": {"404", "503"}})
	require.NotZero(t, a.answers["made-up accounts"]["404"])
	requireEachOnce(s, account, append(calls.taken, before))
}
