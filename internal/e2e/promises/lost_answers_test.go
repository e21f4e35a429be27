package promises_test

import (
	"net/http"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/chaos"
	"wxdesk/internal/e2e/harness"
)

// loseAnswers has the answer to every twentieth message get lost, in the four ways in which WeChat can leave open what has become of one.
// It also makes every twentieth message slow. The ledger must call each lost answer unknown, and no other, unless a worker dies while
// messages are under way.
func loseAnswers(t *testing.T, r *chaos.Rig, lines int, kept func(*testing.T, *chaos.Load)) {
	t.Helper()
	lost := []map[string]any{
		{"kind": "timeout_after_delivery", "delay": "100ms"},
		{"kind": "http_status", "deliver": true},
		{"kind": "http_status", "deliver": false},
		{"kind": "non_json", "deliver": true},
	}
	strike := func(fault map[string]any) {
		fault["path"] = harness.SendPath
		r.CallSimulator(http.MethodPost, "/faults", fault, nil)
	}
	for _, kills := range []int{0, 4} {
		l := r.StartLoad(chaos.LoadCustomers, lines, 0)
		rounds := chaos.LoadCustomers * lines / 20
		for n := range rounds {
			l.AllowUntil(20 * (n + 1))
			l.WaitForLines(20 * n)
			strike(lost[n%len(lost)])
			strike(map[string]any{"kind": "slow", "delay": "1s"})
			if kills > 0 && n%(rounds/kills) == rounds/kills/2 {
				r.Crash("worker")
				r.SecondWorker.Signal(syscall.SIGKILL)
			}
		}
		kept(t, l)
		open := chaos.UnknownAnswers(l.Evidence())
		t.Logf("%d messages, %d answers lost, both workers killed %d times: %d unknown", chaos.LoadCustomers*lines, rounds, kills, open)
		require.GreaterOrEqual(t, open, rounds, "unknown is what was lost")
		require.LessOrEqual(t, open, rounds+kills*chaos.LoadCustomers, "and at most the one message of each customer that was under way")
	}
	var left struct {
		Items []struct{ Count int }
	}
	r.CallSimulator(http.MethodGet, "/faults", nil, &left)
	for _, f := range left.Items {
		require.Zero(t, f.Count, "every fault has struck")
	}
}
