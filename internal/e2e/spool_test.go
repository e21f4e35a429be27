package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// While Temporal is away for longer than WeChat is patient, callbacks are kept in Postgres and acknowledged; when it is back
// they are answered in order, once each, whichever API process took them.
func TestSpool_takesCallbacksWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	s := start(t)
	second := s.second("api", freePorts(t, 1)[0])
	first := newBalancer(s.http, second.addr)
	defer first.Close()
	s.simulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100}, nil) // a burst of six has six answers
	s.simulator(http.MethodPatch, "/accounts/"+demoAppID, map[string]any{"callback_url": first.URL + "/wechat/" + s.demoAccount()}, nil)
	c, other := s.follower(), s.follower()
	require.True(t, c.manages("hello"))
	c.gets(1, 20*time.Second)

	s.wxdesk("dev", "stop", "temporal")
	for n := range 5 {
		require.True(t, c.manages(fmt.Sprintf("message %d", n)), "taken while Temporal is away")
	}
	require.True(t, other.manages("message 0"))
	s.until(10*time.Second, "the spool is seen on /metrics", func() bool { return s.gauge("wxdesk_spool_callbacks") == 6 })

	s.wxdesk("dev", "start", "temporal")
	s.until(60*time.Second, "the spool is empty again", func() bool { return s.gauge("wxdesk_spool_callbacks") == 0 })
	require.True(t, c.manages("message 5"))
	c.gets(7, 60*time.Second)
	other.gets(1, 60*time.Second)
	first.again()
	s.quiet()
	require.Len(t, c.answers(), 7, "none twice")
	var said []string
	for _, m := range s.transcript(c.conversations()[0].ID) {
		if m.Author == "customer" {
			said = append(said, m.Text)
		}
	}
	require.Equal(t, []string{"hello", "message 0", "message 1", "message 2", "message 3", "message 4", "message 5"}, said)
}

// gauge is a figure on the API's /metrics, -1 where it is not there.
func (s *system) gauge(name string) float64 {
	s.t.Helper()
	resp, err := http.Get("http://" + s.ops + "/metrics")
	require.NoError(s.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	found := regexp.MustCompile(`(?m)^` + name + `(?:\{.*\})? (\S+)$`).FindSubmatch(text)
	if found == nil {
		return -1
	}
	value, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(s.t, err)
	return value
}
