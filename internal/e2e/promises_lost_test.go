package e2e_test

import (
	"net/http"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// sendPath is where WeChat takes messages to customers.
const sendPath = "/cgi-bin/message/custom/send"

// losesAnswers has the answer to every twentieth message get lost, in the four ways in which WeChat can leave open what has
// become of one, and every twentieth message be slow. Of each lost answer the ledger says unknown, and of no other, unless a
// worker dies with messages under way.
func (r *rig) losesAnswers(t *testing.T, lines int, kept func(*testing.T, *load)) {
	t.Helper()
	lost := []map[string]any{
		{"kind": "timeout_after_delivery", "delay": "100ms"},
		{"kind": "http_status", "deliver": true},
		{"kind": "http_status", "deliver": false},
		{"kind": "non_json", "deliver": true},
	}
	strike := func(fault map[string]any) {
		fault["path"] = sendPath
		r.simulator(http.MethodPost, "/faults", fault, nil)
	}
	for _, kills := range []int{0, 4} {
		l := r.writes(chaosCustomers, lines, 0)
		rounds := chaosCustomers * lines / 20
		for n := range rounds {
			l.allowUntil(20 * (n + 1))
			l.reaches(20 * n)
			strike(lost[n%len(lost)])
			strike(map[string]any{"kind": "slow", "delay": "1s"})
			if kills > 0 && n%(rounds/kills) == rounds/kills/2 {
				r.crash("worker")
				r.worker2.signal(syscall.SIGKILL)
			}
		}
		kept(t, l)
		open := unknown(l.evidence())
		t.Logf("%d messages, %d answers lost, both workers killed %d times: %d unknown", chaosCustomers*lines, rounds, kills, open)
		require.GreaterOrEqual(t, open, rounds, "unknown is what was lost")
		require.LessOrEqual(t, open, rounds+kills*chaosCustomers, "and at most the one message of each customer that was under way")
	}
	var left struct {
		Items []struct{ Count int }
	}
	r.simulator(http.MethodGet, "/faults", nil, &left)
	for _, f := range left.Items {
		require.Zero(t, f.Count, "every fault has struck")
	}
}
