package chaos_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// While Temporal is away for longer than WeChat is patient, callbacks are kept in Postgres and acknowledged; when it is back
// they are answered in order, once each, whichever API process took them.
func TestSpool_takesCallbacksWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	second := s.StartSecond("api", harness.FreePorts(t, 1)[0])
	first := harness.NewDuplicatingBalancer(s.HTTPAddr, second.Addr)
	defer first.Close()
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100}, nil) // a burst of six has six answers
	s.CallSimulator(http.MethodPatch, "/accounts/"+harness.DemoAppID, map[string]any{"callback_url": first.URL + "/wechat/" + s.DemoAccount()}, nil)
	c, other := s.NewCustomer(), s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 20*time.Second)

	s.Command("dev", "stop", "temporal")
	for n := range 5 {
		require.True(t, c.WriteAccepted(fmt.Sprintf("message %d", n)), "taken while Temporal is away")
	}
	require.True(t, other.WriteAccepted("message 0"))
	s.WaitFor(10*time.Second, "the spool is seen on /metrics", func() bool { return apiGauge(s, "wxdesk_spool_callbacks") == 6 })

	s.Command("dev", "start", "temporal")
	s.WaitFor(60*time.Second, "the spool is empty again", func() bool { return apiGauge(s, "wxdesk_spool_callbacks") == 0 })
	require.True(t, c.WriteAccepted("message 5"))
	c.WaitForAnswers(7, 60*time.Second)
	other.WaitForAnswers(1, 60*time.Second)
	first.DeliverKept()
	s.WaitForDeliveries()
	require.Len(t, c.Answers(), 7, "none twice")
	var said []string
	for _, m := range s.Transcript(c.Conversations()[0].ID) {
		if m.Author == "customer" {
			said = append(said, m.Text)
		}
	}
	require.Equal(t, []string{"hello", "message 0", "message 1", "message 2", "message 3", "message 4", "message 5"}, said)
}

// apiGauge returns a figure of the API's /metrics, -1 where it is not there.
func apiGauge(s *harness.System, name string) float64 {
	s.T.Helper()
	resp, err := http.Get("http://" + s.OpsAddr + "/metrics")
	require.NoError(s.T, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s.T, err)
	found := regexp.MustCompile(`(?m)^` + name + `(?:\{.*\})? (\S+)$`).FindSubmatch(text)
	if found == nil {
		return -1
	}
	value, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(s.T, err)
	return value
}
