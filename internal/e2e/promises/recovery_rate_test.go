package promises_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R16
// After an outage of the workers, two of them find two hundred customers waiting (two thousand after five minutes with
// -share 1). Both together send no faster than WXDESK_SENDS_PER_SECOND, and everybody is answered, once.
func TestRecovery_keepsTheSendLimit(t *testing.T) { // alone: it takes all that the machine has
	waiting, limit := harness.Sized(200, 2000), harness.Sized(10, 20)
	s := harness.Start(t, fmt.Sprintf("WXDESK_SENDS_PER_SECOND=%d", limit))
	began := time.Now()
	s.Command("dev", "stop", "worker")
	people := customersWaiting(s, waiting)
	<-time.After(time.Until(began.Add(harness.Sized(0, 5*time.Minute))))

	s.Command("dev", "start", "worker")
	s.StartSecond("worker", 0)
	db := s.Database()
	s.PollEvery(250*time.Millisecond, 10*time.Minute, "everybody is answered", func() bool {
		var sent, all int
		err := db.QueryRow(`select count(*) filter (where status = 'sent'), count(*) from deliveries`).Scan(&sent, &all)
		return err == nil && sent >= waiting && sent == all
	})
	var sent []time.Time
	for _, c := range people {
		answers := slices.DeleteFunc(c.Screen(), func(l harness.ScreenLine) bool { return l.From != "account" })
		require.Len(t, answers, 1, "one answer for each customer")
		sent = append(sent, answers[0].At)
	}
	slices.SortFunc(sent, time.Time.Compare)
	took := sent[len(sent)-1].Sub(sent[0])
	t.Logf("%d answers in %s, at most %d in a second", waiting, took.Round(10*time.Millisecond), busiest(sent, time.Second))

	// Temporal gives out a second's worth at once after a rest, and the limit each second from then on. What a busy machine
	// holds up on its way to WeChat, and then lets go together, is two seconds' worth at most.
	require.LessOrEqual(t, surplus(sent, limit), 3*limit)
	require.Greater(t, took, time.Duration(waiting-3*limit)*time.Second/time.Duration(limit))
}

// customersWaiting has new customers write and returns them once all is acknowledged.
func customersWaiting(s *harness.System, customers int) []harness.Customer {
	s.T.Helper()
	people, taken := make([]harness.Customer, customers), make([]bool, customers)
	const atOnce = 8
	var writing sync.WaitGroup
	for first := range atOnce {
		writing.Go(func() {
			for i := first; i < customers; i += atOnce {
				people[i] = s.NewCustomer()
				taken[i] = people[i].WriteAccepted("delivery")
			}
		})
	}
	writing.Wait()
	require.NotContains(s.T, taken, false, "every callback was taken")
	return people
}

// surplus is by how many the busiest span, long or short, exceeds so many each second.
func surplus(sorted []time.Time, limit int) (most int) {
	for i := range sorted {
		for j := i; j < len(sorted); j++ {
			most = max(most, j-i+1-int(sorted[j].Sub(sorted[i]).Seconds()*float64(limit)))
		}
	}
	return most
}

// busiest is the greatest number within a span.
func busiest(sorted []time.Time, span time.Duration) (most int) {
	first := 0
	for i := range sorted {
		for sorted[i].Sub(sorted[first]) >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func TestSurplus_countsBeyondTheLimit(t *testing.T) {
	t.Parallel()
	began := time.Unix(1_700_000_000, 0)
	var steady []time.Time
	for n := range 100 {
		steady = append(steady, began.Add(time.Duration(n)*100*time.Millisecond))
	}
	require.Equal(t, 1, surplus(steady, 10))
	require.Equal(t, 51, surplus(steady, 5))
	require.Equal(t, 10, busiest(steady, time.Second))
	atOnce := append(slices.Repeat([]time.Time{began}, 30), steady...)
	require.Equal(t, 31, surplus(atOnce, 10))
	require.Equal(t, 40, busiest(atOnce, time.Second))
}
