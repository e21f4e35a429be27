package chaos_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R3, C29
// A process that hangs is worse than one that dies, for nothing refuses a connection. /readyz names it; /healthz, by which
// processes are restarted, stays good; and the callback endpoint answers every attempt of WeChat's in time (R3, C29). Once it goes on,
// all is well again, and what was said meanwhile is answered once.
func TestStall_isNamedAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 20*time.Second)

	for n, stalled := range []struct {
		name        string
		namedWithin time.Duration
	}{
		{"temporal", 2500 * time.Millisecond},
		{"postgres", 2500 * time.Millisecond},
		{"worker", 8 * time.Second}, // it counts as polling for 5 s after its last beat
	} {
		said := n + 2 // messages so far
		goOn := s.Stall(stalled.name)
		s.WaitFor(stalled.namedWithin, "/readyz names "+stalled.name, func() bool {
			status, text := probeAPI(s, "/readyz")
			return status == http.StatusServiceUnavailable && strings.Contains(text, stalled.name)
		})
		status, _ := probeAPI(s, "/healthz")
		require.Equal(t, http.StatusOK, status, "the API itself is well")

		c.Write("delivery")
		s.WaitFor(10*time.Second, "WeChat has an answer to its first attempt", func() bool { return len(attemptsByMessage(c)) == said })
		goOn()
		s.WaitFor(20*time.Second, "/readyz is good again after "+stalled.name, func() bool {
			status, _ := probeAPI(s, "/readyz")
			return status == http.StatusOK
		})
		c.WaitForAnswers(said, 30*time.Second)
	}

	for _, attempts := range attemptsByMessage(c) {
		require.Equal(t, "accepted", attempts[len(attempts)-1].Verdict, "%+v", attempts)
		for _, a := range attempts {
			assert.Less(t, a.TookMS, int64(4600), "%+v", a)
			assert.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, a.Status, "%+v", a)
		}
	}
	s.WaitForDeliveries()
	require.Len(t, c.Answers(), 4, "one for each message")
}

// R3
// The worker tells the same of itself: of no use while Postgres or Temporal hangs, and of use again once it goes on, without
// being restarted, which would help nobody.
func TestStall_workerReportsNotReady(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	ops, pid := s.WorkerOpsAddr(), s.PID("worker")
	s.WaitFor(10*time.Second, "the worker is ready", func() bool {
		status, _ := probe(s, ops, "/readyz")
		return status == http.StatusOK
	})
	for _, stalled := range []string{"temporal", "postgres"} {
		goOn := s.Stall(stalled)
		s.WaitFor(2500*time.Millisecond, "the worker's /readyz names "+stalled, func() bool {
			status, text := probe(s, ops, "/readyz")
			return status == http.StatusServiceUnavailable && text == "not ready: "+stalled+"\n"
		})
		status, _ := probe(s, ops, "/healthz")
		require.Equal(t, http.StatusOK, status, "the worker itself is well")
		goOn()
		s.WaitFor(20*time.Second, "the worker's /readyz is good again after "+stalled, func() bool {
			status, _ := probe(s, ops, "/readyz")
			return status == http.StatusOK
		})
	}
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 30*time.Second)
	require.Equal(t, pid, s.PID("worker"), "the same process")
}

// probeAPI asks the API's private listener, which answers within 2.5 s whatever hangs.
func probeAPI(s *harness.System, path string) (status int, text string) {
	s.T.Helper()
	return probe(s, s.OpsAddr, path)
}

// probe asks a process's private listener.
func probe(s *harness.System, ops, path string) (status int, text string) {
	s.T.Helper()
	client := http.Client{Timeout: 2500 * time.Millisecond}
	resp, err := client.Get("http://" + ops + path)
	require.NoError(s.T, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(s.T, err)
	return resp.StatusCode, string(body)
}
