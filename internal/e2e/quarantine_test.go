package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// K09: signed but not decryptable is answered 200 and kept; with the key repaired it is redriven, answered once, and a
// second redrive has no effect. What still cannot be read stays and is named.
func TestBad_K09_redrivenAfterTheKeyIsRepairedAndAnsweredOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.secondAccount()
	s.simulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100}, nil)
	c := s.followerOf(a.AppID)
	require.True(t, c.manages("hello"))
	c.gets(1, 30*time.Second)

	right, wrong := strings.Repeat("x", 43), strings.Repeat("y", 43)
	a.atWeChat(map[string]any{"encoding_aes_key": right})
	require.True(t, c.manages("one that cannot be opened"), "kept, and answered 200")
	require.True(t, c.manages("two that cannot be opened"))
	left := s.wxdesk("quarantine", "list", "--account", a.id)
	require.Equal(t, 2, strings.Count(left, "undecipherable"), left)
	require.NotContains(t, left, "cannot be opened")
	require.NotContains(t, left, c.openID)

	a.here(map[string]any{"encoding_aes_key": wrong})
	out, err := runWith(s.dir, s.settings(), "quarantine", "redrive", "--all")
	require.Error(t, err)
	require.Equal(t, 2, strings.Count(out, "stays: no key of the account opens it"), out)
	require.Equal(t, left, s.wxdesk("quarantine", "list"))

	a.here(map[string]any{"encoding_aes_key": right})
	require.Contains(t, s.wxdesk("quarantine", "redrive", "--reason", "undecipherable"), "2 handed over, 0 stay")
	s.wxdesk("quarantine", "redrive", "--all")
	s.until(30*time.Second, "the quarantine is empty", func() bool { return !strings.Contains(s.wxdesk("quarantine", "list"), "undecipherable") })
	require.Contains(t, s.wxdesk("quarantine", "redrive", "--all"), "0 handed over, 0 stay")
	c.gets(3, 30*time.Second)
	s.quiet()
	require.Len(t, c.answers(), 3, "one for each message")

	conversations := c.conversations()
	require.Len(t, conversations, 1)
	var said []string
	for _, m := range s.transcript(conversations[0].ID) {
		if m.Author == "customer" {
			said = append(said, m.Text)
		}
	}
	require.Equal(t, []string{"hello", "one that cannot be opened", "two that cannot be opened"}, said)
	require.Equal(t, "0", s.metric("wxdesk_quarantine_waiting"))
}

// metric is a worker's metric without labels.
func (s *system) metric(name string) string {
	s.t.Helper()
	resp, err := http.Get(fmt.Sprintf("http://%s/metrics", s.workerOps()))
	require.NoError(s.t, err)
	defer resp.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 2 && strings.HasPrefix(line, name) {
			return fields[1]
		}
	}
	return ""
}
