package chaos_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R22
// If WeChat's clock is an hour behind ours, or ahead of it, nothing that is acknowledged is lost; each message is in the transcript,
// once, however often it comes, and is flagged: it gets no answer, for it may be old. With the clock right again, all is as ever.
func TestWrongClock_losesNothing(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	for _, fault := range []string{"stale_timestamp", "early_timestamp"} {
		t.Run(fault, func(t *testing.T) { testWrongClock(t, s, fault) }) // one after the other: they share the system
	}
}

func testWrongClock(t *testing.T, s *harness.System, fault string) {
	c := s.NewCustomer()
	s.CallSimulator(http.MethodPost, "/faults", map[string]any{"kind": fault, "openid": c.OpenID, "count": 3}, nil)
	s.CallSimulator(http.MethodPost, "/faults", map[string]any{"kind": "duplicate", "openid": c.OpenID, "count": 4, "copies": 2}, nil)
	for _, text := range []string{"one", "two", "three"} {
		require.True(t, c.WriteAccepted(text))
	}
	require.True(t, c.WriteAccepted("the clock is right"))
	c.WaitForAnswers(1, 30*time.Second)
	s.WaitForDeliveries()
	require.Len(t, c.Answers(), 1)
	conversations := c.Conversations()
	require.Len(t, conversations, 1)
	var said []string
	for _, m := range s.Transcript(conversations[0].ID) {
		if m.Author == "customer" {
			said = append(said, m.Text)
		}
	}
	require.Equal(t, []string{"one", "two", "three", "the clock is right"}, said)
	var flagged int
	require.NoError(t, s.Database().QueryRow(`select count(*) from messages where stale and conversation_id = $1`, conversations[0].ID).Scan(&flagged))
	require.Equal(t, 3, flagged)
}
