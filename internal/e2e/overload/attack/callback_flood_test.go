package attack_test

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// floodCustomers is how many customers write the flood. They ask for a person, so that each is answered once and the rest is only stored.
const floodCustomers = 128

// flood is what became of a flood of callbacks.
type flood struct {
	lasted  time.Duration
	taken   []int64         // those that were acknowledged, by their place among all
	took    []time.Duration // until each of them was
	refused []time.Duration // until each other one was told to come again
	others  []string        // any other answer
}

// floodCallbacks posts callbacks over so many connections for a while. They come at a rate per second in all, or as fast as they are
// answered where the rate is 0.
func floodCallbacks(account *harness.CallbackAccount, connections int, rate float64, lasts time.Duration) (t flood) {
	account.System.T.Helper()
	senders := make([]*harness.CallbackSender, connections)
	for i := range senders {
		senders[i] = account.NewSender()
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	began := time.Now()
	for i, c := range senders {
		all.Go(func() {
			for n := 0; time.Since(began) < lasts; n++ {
				if rate > 0 {
					due := time.Duration(float64(n*connections+i) / rate * float64(time.Second))
					<-time.After(time.Until(began.Add(due)))
				}
				mu.Lock()
				l, id := account.NewCallback(i%floodCustomers), account.LastNumber
				mu.Unlock()
				at := time.Now()
				status, text := c.PostOnce(l)
				took := time.Since(at)
				mu.Lock()
				switch {
				case status == http.StatusOK && text == "success":
					t.taken, t.took = append(t.taken, id), append(t.took, took)
				case status == http.StatusServiceUnavailable && text == "":
					t.refused = append(t.refused, took)
				default:
					t.others = append(t.others, fmt.Sprint(status, " ", text))
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	t.lasted = time.Since(began)
	return t
}

// requireEachOnce waits until the transcripts hold as many messages as were acknowledged, and fails the test unless each of those is there
// once.
func requireEachOnce(s *harness.System, account *harness.CallbackAccount, taken []int64) {
	s.T.Helper()
	db := s.Database()
	s.PollEvery(time.Second, harness.Sized(5*time.Minute, time.Hour), "all that was acknowledged is in the transcript", func() bool {
		var said int
		err := db.QueryRow(`select count(*) from messages where author = 'customer'`).Scan(&said)
		return err == nil && said >= len(taken)
	})
	said := map[string]int{}
	for _, conversation := range s.AllConversations() {
		for _, m := range s.Transcript(conversation.ID) {
			if m.Author == "customer" {
				said[m.Text]++
			}
		}
	}
	for _, id := range taken {
		require.Equal(s.T, 1, said[account.Text(id)], "message %d", id)
	}
}
