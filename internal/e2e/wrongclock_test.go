package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// R22: where our clock and WeChat's are an hour apart, nothing that is acknowledged is lost; each line is in the transcript,
// once, however often it comes, and is flagged: it gets no answer, for it may be old. With the clock right again, all is as ever.
// That the other direction counts as well is tried at the door (TestBad_C06_lateCallbacksAreStoredAsStale).
func TestR22_aWrongClockLosesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.follower()
	s.simulator(http.MethodPost, "/faults", map[string]any{"kind": "stale_timestamp", "app_id": demoAppID, "count": 3}, nil)
	s.simulator(http.MethodPost, "/faults", map[string]any{"kind": "duplicate", "app_id": demoAppID, "count": 4, "copies": 2}, nil)
	for _, text := range []string{"one", "two", "three"} {
		require.True(t, c.manages(text))
	}
	require.True(t, c.manages("the clock is right"))
	c.gets(1, 30*time.Second)
	s.quiet()
	require.Len(t, c.answers(), 1)
	talks := c.talks()
	require.Len(t, talks, 1)
	var said []string
	for _, m := range s.transcript(talks[0].ID) {
		if m.Author == "customer" {
			said = append(said, m.Text)
		}
	}
	require.Equal(t, []string{"one", "two", "three", "the clock is right"}, said)
	var flagged int
	require.NoError(t, s.database().QueryRow(`select count(*) from messages where stale`).Scan(&flagged))
	require.Equal(t, 3, flagged)
}
