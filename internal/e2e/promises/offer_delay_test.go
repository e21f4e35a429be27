package promises_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R8
// A hundred customers (a thousand with -share 1), ten at a time, ask for a person while the agents have room for sixteen.
// From the moment at which a customer waits, to the offer on an event stream, it takes at most 2 s, for 99 of a hundred.
func TestWaiting_offeredAtOnceWhileThereIsRoom(t *testing.T) {
	t.Parallel()
	const wave = 10
	s := harness.Start(t)
	db := s.Database()
	var connections []*harness.AgentConnection
	taken := map[*harness.AgentConnection]int{}
	for _, name := range []string{"Ann", "Bob", "Cyd", "Dan"} { // each has room for four
		connections = append(connections, s.NewAgent(name).Connect())
	}
	var waits []time.Duration
	for range harness.Sized(10, 100) {
		for range wave {
			s.NewCustomer().Write("human")
		}
		for offered := 0; offered < wave; offered++ {
			d, offer := waitForNextOffer(s, connections, taken)
			var since time.Time
			require.NoError(t, db.QueryRow(`
				select w.queued_at from assignments a join work_items w on w.tenant = a.tenant and w.id = a.work_item_id
				where a.id = $1`, offer.Data.AssignmentID).Scan(&since))
			waits = append(waits, offer.At.Sub(since))
			d.MustCommand("accept", offer.Data.ConversationID, nil)
			d.MustCommand("close", offer.Data.ConversationID, nil)
		}
	}
	t.Logf("offered within %s", harness.DurationSummary(waits))
	// A small run beside others asks that nobody is stuck: what a trigger misses, the poll every 2 s finds.
	require.Less(t, harness.Quantile(waits, 0.99), harness.Bound(5*time.Second, 2*time.Second))
}

// waitForNextOffer waits for an offer on any of the connections that is not taken yet.
func waitForNextOffer(s *harness.System, connections []*harness.AgentConnection, taken map[*harness.AgentConnection]int) (at *harness.AgentConnection, offer harness.Event) {
	s.T.Helper()
	s.WaitFor(60*time.Second, "the next offer", func() bool {
		for _, d := range connections {
			n := 0
			for _, e := range d.Events() {
				if e.Name != "offer" {
					continue
				}
				if n++; n > taken[d] {
					taken[d]++
					at, offer = d, e
					return true
				}
			}
		}
		return false
	})
	return at, offer
}
