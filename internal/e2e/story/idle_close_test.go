package story_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// BOT-11
func TestIdle_closesAndTheNextMessageBeginsAnew(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	account := s.DemoAccount()
	require.Equal(t, http.StatusOK, s.CallAPI(http.MethodPatch, "/v1/accounts/"+account, nil, map[string]any{"idle_close": "1s"}, nil))
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 10*time.Second)
	s.WaitFor(20*time.Second, "silence closes the conversation", func() bool { return c.Conversations()[0].State == "closed" })
	require.Equal(t, "idle", *c.Conversations()[0].Close)
	require.True(t, c.WriteAccepted("delivery"))
	c.WaitForAnswers(2, 10*time.Second)
	require.Len(t, c.Conversations(), 2)
}

// LIF-1
// Messages that arrive around the moment of the idle close are each answered once, in this conversation or the next.
func TestIdle_closingRaceLosesNothing(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	account := s.DemoAccount()
	require.Equal(t, http.StatusOK, s.CallAPI(http.MethodPatch, "/v1/accounts/"+account, nil, map[string]any{"idle_close": "1s"}, nil))
	const rounds = 12
	people := make([]harness.Customer, 6)
	for i := range people {
		people[i] = s.NewCustomer()
	}
	for round := range rounds {
		for i, c := range people {
			c.Write(fmt.Sprintf("question %d of %d", round, i))
		}
		// The next round comes a little earlier or later than the close of this one.
		pause := time.NewTimer(time.Second + time.Duration(round-rounds/2)*8*time.Millisecond)
		<-pause.C
	}
	for _, c := range people {
		s.WaitFor(60*time.Second, "every message is answered", func() bool { return len(c.Answers()) >= rounds })
	}
	s.WaitForDeliveries()
	for _, c := range people {
		require.Len(t, c.Answers(), rounds)
		said := map[string]int{}
		for _, conversation := range c.Conversations() {
			for _, m := range s.Transcript(conversation.ID) {
				if m.Author == "customer" {
					said[m.Text]++
				}
			}
		}
		require.Len(t, said, rounds)
		for text, n := range said {
			require.Equal(t, 1, n, text)
		}
	}
}
