package overload_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R20, X22
// Two thousand messages (twenty thousand with -share 1) of one customer from four senders at full speed. None is lost
// over continue-as-new, and no run grows without bounds.
func TestLoad_twoThousandMessagesOfOneCustomer(t *testing.T) { // alone: it takes all that the machine has
	s := harness.Start(t)
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100000}, nil)
	c := s.NewCustomer()
	const senders = 4
	each := harness.Sized(500, 5000)
	var sending sync.WaitGroup
	refused := make([]int, senders)
	for sender := range senders {
		sending.Go(func() {
			for n := range each {
				if !c.WriteAccepted(fmt.Sprintf("sender %d message %04d", sender, n)) {
					refused[sender]++
				}
			}
		})
	}
	sending.Wait()
	require.Equal(t, make([]int, senders), refused, "every callback was taken")

	var conversations []harness.Conversation
	s.PollEvery(2*time.Second, harness.Sized(8*time.Minute, 2*time.Hour), "every message is in the transcript and has its answer", func() bool {
		conversations = c.Conversations()
		said, answered := 0, 0
		for _, conversation := range conversations {
			for _, m := range s.Transcript(conversation.ID) {
				switch {
				case m.Author == "customer":
					said++
				case m.Delivery.Status != "queued" && m.Delivery.Status != "sending":
					answered++
				}
			}
		}
		return said >= senders*each && answered >= senders*each
	})
	require.Len(t, conversations, 1)
	lines := s.Transcript(conversations[0].ID)
	require.Len(t, lines, 2*senders*each, "none lost, none doubled, one answer each")
	harness.RequireOrder(t, lines, senders)
	s.RequireBoundedHistories()
}
