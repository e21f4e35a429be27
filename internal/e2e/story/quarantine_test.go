package story_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R14, K09
// Signed but not decryptable is answered 200 and kept; with the key repaired it is redriven, answered once, and a
// second redrive has no effect. What still cannot be read stays and is named.
func TestQuarantine_redrivenAfterKeyRepair(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	a := s.NewSecondAccount()
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100}, nil)
	c := s.NewCustomerOf(a.AppID)
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 30*time.Second)

	right, wrong := strings.Repeat("x", 43), strings.Repeat("y", 43)
	a.ChangeAtWeChat(map[string]any{"encoding_aes_key": right})
	require.True(t, c.WriteAccepted("one that cannot be opened"), "kept, and answered 200")
	require.True(t, c.WriteAccepted("two that cannot be opened"))
	left := s.Command("quarantine", "list", "--account", a.ID)
	require.Equal(t, 2, strings.Count(left, "undecipherable"), left)
	require.NotContains(t, left, "cannot be opened")
	require.NotContains(t, left, c.OpenID)

	a.Change(map[string]any{"encoding_aes_key": wrong})
	out, err := harness.RunProgram(s.Dir, s.Settings(), "quarantine", "redrive", "--all")
	require.Error(t, err)
	require.Equal(t, 2, strings.Count(out, "stays: no key of the account opens it"), out)
	require.Equal(t, left, s.Command("quarantine", "list"))

	a.Change(map[string]any{"encoding_aes_key": right})
	require.Contains(t, s.Command("quarantine", "redrive", "--reason", "undecipherable"), "2 handed over, 0 stay")
	s.Command("quarantine", "redrive", "--all")
	s.WaitFor(30*time.Second, "the quarantine is empty", func() bool { return !strings.Contains(s.Command("quarantine", "list"), "undecipherable") })
	require.Contains(t, s.Command("quarantine", "redrive", "--all"), "0 handed over, 0 stay")
	c.WaitForAnswers(3, 30*time.Second)
	s.WaitForDeliveries()
	require.Len(t, c.Answers(), 3, "one for each message")

	conversations := c.Conversations()
	require.Len(t, conversations, 1)
	var said []string
	for _, m := range s.Transcript(conversations[0].ID) {
		if m.Author == "customer" {
			said = append(said, m.Text)
		}
	}
	require.Equal(t, []string{"hello", "one that cannot be opened", "two that cannot be opened"}, said)
	require.Equal(t, "0", workerMetric(s, "wxdesk_quarantine_waiting"))
}
