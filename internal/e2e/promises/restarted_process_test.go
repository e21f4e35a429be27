package promises_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// Sixty new customers (five hundred with -share 1) ask for a person; at half of them the worker is killed, in another run Temporal. Ten
// seconds after it runs again, and WeChat was told of the last of them, each message is stored and each conversation is in its queue.
func TestRestart_routesWithinTenSeconds(t *testing.T) { // alone: it measures time
	for _, name := range []string{"worker", "temporal"} {
		t.Run(name, func(t *testing.T) {
			s := harness.Start(t)
			people := harness.Sized(60, 500)
			pid := s.PID(name)
			restarted := make(chan time.Time, 1)
			var next, refused atomic.Int64
			var writing sync.WaitGroup
			for range 16 {
				writing.Go(func() {
					for {
						n := int(next.Add(1))
						if n > people {
							return
						}
						if n == people/2 {
							s.Kill(name)
							writing.Go(func() {
								s.WaitFor(60*time.Second, name+" runs again", func() bool { return s.PID(name) > 0 && s.PID(name) != pid && s.Ready() })
								restarted <- time.Now()
							})
						}
						if !s.NewCustomer().WriteAccepted("human") {
							refused.Add(1)
						}
					}
				})
			}
			writing.Wait()
			from := time.Now()
			require.Zero(t, refused.Load(), "every callback was taken")
			t.Logf("%s runs again %s before the last line was taken", name, from.Sub(<-restarted).Round(100*time.Millisecond))

			db := s.Database()
			var lines, routed int
			s.PollEvery(100*time.Millisecond, 3*time.Minute, "all are routed", func() bool {
				err := db.QueryRow(`select (select count(*) from messages where author = 'customer'),
					(select count(*) from conversations where holder = 'queue' and queue_id is not null)`).Scan(&lines, &routed)
				return err == nil && lines >= people && routed >= people
			})
			took := time.Since(from)
			t.Logf("%d conversations are routed %s later", people, took.Round(100*time.Millisecond))
			require.Equal(t, people, lines, "each line once")
			require.Equal(t, people, routed)
			require.Less(t, took, harness.Bound(time.Minute, 10*time.Second))
			s.PollEvery(500*time.Millisecond, time.Minute, "all is sent", func() bool {
				var unsent int
				err := db.QueryRow(`select count(*) from deliveries where status in ('queued', 'sending')`).Scan(&unsent)
				return err == nil && unsent == 0
			})
			out, err := s.Reconcile("20s")
			require.NoError(t, err, out)
		})
	}
}
