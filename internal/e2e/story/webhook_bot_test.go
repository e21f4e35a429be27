package story_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

const (
	webhookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	newSecret     = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
)

// exampleBot builds and runs examples/webhook-bot until stop is called.
func exampleBot(t *testing.T, addr, secret string) (stop func()) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "webhook-bot")
	out, err := exec.Command("go", "build", "-o", program, "wxdesk/examples/webhook-bot").CombinedOutput()
	require.NoError(t, err, string(out))
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "-addr", addr)
	cmd.Env = append(os.Environ(), "WEBHOOK_SECRET="+secret)
	require.NoError(t, cmd.Start())
	stop = func() {
		cancel()
		_ = cmd.Wait() // killed
	}
	t.Cleanup(stop)
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close() // it was only asked whether somebody listens
		}
		return err == nil
	}, 10*time.Second, 20*time.Millisecond, "the bot listens")
	return stop
}

// useWebhookBot sets the system's account up with a bot of one's own, and returns the paths of both in the HTTP API.
func useWebhookBot(s *harness.System, addr string) (account, bot string) {
	s.T.Helper()
	var made, listed struct {
		ID    string
		Items []struct{ ID string }
	}
	require.Equal(s.T, http.StatusCreated, s.CallAPI(http.MethodPost, "/v1/bots", nil, map[string]string{
		"kind": "webhook", "name": "Example", "url": "http://" + addr + "/", "secret": webhookSecret,
	}, &made))
	require.Equal(s.T, http.StatusOK, s.CallAPI(http.MethodGet, "/v1/accounts", nil, nil, &listed))
	account = "/v1/accounts/" + listed.Items[0].ID
	require.Equal(s.T, http.StatusOK, s.CallAPI(http.MethodPatch, account, nil, map[string]string{"bot_id": made.ID}, nil))
	return account, "/v1/bots/" + made.ID
}

// B10
// A secret is replaced while the bot goes on under the old one; then its author changes over. Nobody notices. Meanwhile a
// customer who says the same again and again reaches people.
func TestWebhook_replacesItsSecretAndStopsLoops(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	addr := harness.Addr(harness.FreePorts(t, 1)[0])
	stop := exampleBot(t, addr, webhookSecret)
	_, bot := useWebhookBot(s, addr)
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	require.Contains(t, c.WaitForAnswers(1, 20*time.Second)[0], "Welcome!")
	require.Equal(t, http.StatusOK, s.CallAPI(http.MethodPatch, bot, nil, map[string]string{"secret": newSecret}, nil))
	require.True(t, c.WriteAccepted("green tea"))
	require.Equal(t, "You wrote: green tea", c.WaitForAnswers(2, 20*time.Second)[1])
	stop()
	exampleBot(t, addr, newSecret)
	require.True(t, c.WriteAccepted("I am away."))
	require.Equal(t, "You wrote: I am away.", c.WaitForAnswers(3, 20*time.Second)[2])

	require.True(t, c.WriteAccepted("I am away."))
	require.Equal(t, "You wrote: I am away.", c.WaitForAnswers(4, 20*time.Second)[3])
	require.True(t, c.WriteAccepted("I am away."))
	require.Contains(t, c.WaitForAnswers(5, 10*time.Second)[4], "colleague")
	require.Equal(t, "queue", c.Conversations()[0].Holder)
}

// R15, B01
// An account with a webhook bot: it answers; then it is dead, and the customer is told that a person will come.
func TestWebhook_deadBotEndsWithPeople(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	addr := harness.Addr(harness.FreePorts(t, 1)[0])
	stop := exampleBot(t, addr, webhookSecret)

	account, bot := useWebhookBot(s, addr)
	require.Equal(t, http.StatusConflict, s.CallAPI(http.MethodDelete, bot, nil, nil, nil), "it is in use")

	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	require.Contains(t, c.WaitForAnswers(1, 20*time.Second)[0], "Welcome!")
	require.True(t, c.WriteAccepted("green tea"))
	require.Equal(t, "You wrote: green tea", c.WaitForAnswers(2, 20*time.Second)[1])
	require.Equal(t, "bot", c.Conversations()[0].Holder)

	stop()
	require.True(t, c.WriteAccepted("are you there?"))
	notice := c.WaitForAnswers(3, 10*time.Second)[2]
	require.True(t, strings.Contains(notice, "colleague"), notice)
	require.Equal(t, "queue", c.Conversations()[0].Holder)

	require.Equal(t, http.StatusOK, s.CallAPI(http.MethodPatch, account, nil, map[string]any{"bot_id": nil}, nil))
	other := s.NewCustomer()
	require.True(t, other.WriteAccepted("hello"))
	s.WaitFor(10*time.Second, "without a bot a conversation begins with people", func() bool {
		conversations := other.Conversations()
		return len(conversations) == 1 && conversations[0].Holder == "queue" && conversations[0].State == "open"
	})
	require.Equal(t, http.StatusNoContent, s.CallAPI(http.MethodDelete, bot, nil, nil, nil))
}
