package story_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

func TestWorkerStopped_answersComeInOrder(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 10*time.Second)

	s.Command("dev", "stop", "worker")
	require.Zero(t, s.PID("worker"))
	s.WaitFor(10*time.Second, "the API says that it is not ready", func() bool {
		status, body := s.Call(http.MethodGet, "http://"+s.OpsAddr+"/readyz", nil, nil)
		return status == http.StatusServiceUnavailable && strings.Contains(string(body), "worker")
	})
	for _, text := range []string{"opening hours?", "delivery?", "returns?"} {
		require.True(t, c.WriteAccepted(text), "taken while no worker runs")
	}
	require.Len(t, c.Answers(), 1)

	s.Command("dev", "start", "worker")
	got := c.WaitForAnswers(4, 30*time.Second)[1:]
	require.Contains(t, got[0], "open every day")
	require.Contains(t, got[1], "leave the same day")
	require.Contains(t, got[2], "within 30 days")
	s.WaitForDeliveries()
	require.Len(t, c.Answers(), 4, "none twice")
}
