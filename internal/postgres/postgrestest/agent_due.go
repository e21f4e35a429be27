package postgrestest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// MustDoAgentDue does what is due for agents until there is nothing more, and returns how many rows it took and the last error.
func (f *Fixture) MustDoAgentDue(t testing.TB) (rows int, last error) {
	t.Helper()
	for {
		found, err := f.DoAgentDue(t.Context())
		if err != nil {
			last = err
		}
		if !found {
			return rows, last
		}
		rows++
	}
}

// WaitForLocks waits until so many transactions wait for a lock.
func (d *Office) WaitForLocks(n int) {
	d.T.Helper()
	require.Eventually(d.T, func() bool {
		return d.Count(d.T, "pg_stat_activity", "datname = current_database() and wait_event_type = 'Lock'") == n
	}, 10*time.Second, 5*time.Millisecond)
}
