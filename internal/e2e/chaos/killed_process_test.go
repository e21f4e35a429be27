package chaos_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// The story ends the same whichever step a worker dies at.
func TestPeople_workerKilledAtEachStep(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	ann := s.NewAgent("Ann").Connect()
	c := s.NewCustomer()
	steps := 0
	dies := func() {
		steps++
		s.WaitFor(30*time.Second, "a worker runs", func() bool { return s.PID("worker") > 0 })
		s.Kill("worker")
	}
	require.True(t, c.WriteAccepted("human"))
	dies()
	id := ann.WaitForOffer(1, 60*time.Second).Data.ConversationID
	dies()
	ann.MustCommand("accept", id, nil)
	dies()
	ann.MustCommand("reply", id, map[string]any{"text": "one"})
	dies()
	require.True(t, c.WriteAccepted("and another thing"))
	dies()
	ann.MustCommand("reply", id, map[string]any{"text": "two"})
	dies()
	waitForRepliesSettled(s, id, 2)
	ann.MustCommand("wait", id, nil)
	dies()
	require.True(t, c.WriteAccepted("are you there?"))
	require.Equal(t, id, ann.WaitForOffer(2, 60*time.Second).Data.ConversationID, "affinity")
	dies()
	ann.MustCommand("accept", id, nil)
	dies()
	ann.MustCommand("end", id, nil)
	dies()
	ann.MustCommand("close", id, nil)
	s.WaitForState(id, "closed agent", 30*time.Second)
	got := c.Answers()
	for _, text := range []string{"one", "two"} {
		n := 0
		for _, a := range got {
			if a == text {
				n++
			}
		}
		require.LessOrEqual(t, n, 1, "at most once")
	}
	require.Equal(t, 10, steps)
}

// waitForRepliesSettled waits until n replies of agents are sent, or unknown because a worker died.
func waitForRepliesSettled(s *harness.System, conversation string, n int) {
	s.T.Helper()
	s.WaitFor(60*time.Second, "the replies are settled", func() bool {
		settled := 0
		for _, m := range s.Transcript(conversation) {
			if m.Author == "agent" && m.Delivery != nil && slices.Contains([]string{"sent", "unknown"}, m.Delivery.Status) {
				settled++
			}
		}
		return settled == n
	})
}

// R8
// Work that waits finds its agent within ten seconds, though the worker that distributes is killed just then.
func TestWaiting_offeredThoughDistributorIsKilled(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	ann := s.NewAgent("Ann")
	_, id := s.NewCustomerInQueue()
	s.Kill("worker")
	killed := time.Now()
	connection := ann.Connect()
	offer := connection.WaitForOffer(1, 30*time.Second)
	require.Equal(t, id, offer.Data.ConversationID)
	require.Less(t, offer.At.Sub(killed), 10*time.Second)
}

func TestTemporalKilled_nothingLostOrDoubled(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 1000}, nil) // a burst of ten has ten answers
	const customers, each = 20, 10
	people := make([]harness.Customer, customers)
	for i := range people {
		people[i] = s.NewCustomer()
	}
	for n := range each {
		if n == each/2 {
			s.Kill("temporal")
		}
		for _, c := range people {
			c.Write(fmt.Sprintf("question %d", n))
		}
	}
	for _, c := range people {
		s.WaitFor(90*time.Second, "WeChat has given every message to wxdesk, or up", func() bool { return countFinished(c) >= each })
		s.WaitFor(90*time.Second, "every message that was taken is answered", func() bool { return len(c.Answers()) >= countAccepted(c) })
	}
	s.WaitForDeliveries()
	for _, c := range people {
		said := map[string]int{}
		for _, conversation := range c.Conversations() {
			for _, m := range s.Transcript(conversation.ID) {
				if m.Author == "customer" {
					said[m.Text]++
				}
			}
		}
		require.GreaterOrEqual(t, len(said), countAccepted(c), "none lost")
		require.Len(t, c.Answers(), len(said), "each answered, none twice")
		for text, times := range said {
			require.Equal(t, 1, times, text)
		}
	}
}
