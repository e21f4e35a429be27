package harness

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
)

// Agent is an agent with an API token. NewAgent sets one up.
type Agent struct {
	System   *System
	ID       string
	APIToken string
	keys     *atomic.Int64
}

// NewAgent sets up an agent who serves the queues, or the default queue where none is named.
func (s *System) NewAgent(name string, queues ...string) Agent {
	s.T.Helper()
	if len(queues) == 0 {
		queues = []string{DefaultQueue}
	}
	args := []string{"agent", "create", "--name", name}
	for _, queue := range queues {
		args = append(args, "--queue", queue)
	}
	id := s.Command(args...)
	return Agent{System: s, ID: id, APIToken: s.Command("token", "create", "--role", "agent", "--agent", id, "--name", name), keys: &atomic.Int64{}}
}

// NewSupervisor returns a supervisor, who commands conversations with an API token and gets no offers.
func (s *System) NewSupervisor(name string) Agent {
	s.T.Helper()
	return Agent{System: s, APIToken: s.Command("token", "create", "--role", "supervisor", "--name", name), keys: &atomic.Int64{}}
}

// NextKey returns an idempotency key that the agent has not used before.
func (a Agent) NextKey(command string) string { return fmt.Sprintf("%s-%d", command, a.keys.Add(1)) }

// CallAPI calls the HTTP API as the agent, decodes an answer below 300 into out, and returns the status.
func (a Agent) CallAPI(method, path string, in, out any) int {
	a.System.T.Helper()
	status, body := a.System.Call(method, "http://"+a.System.HTTPAddr+path, map[string]string{"Authorization": "Bearer " + a.APIToken}, in)
	if out != nil && status < 300 {
		require.NoErrorf(a.System.T, json.Unmarshal(body, out), "%s", body)
	}
	return status
}

// CommandStatus sends a command for a conversation and returns the status.
func (a Agent) CommandStatus(command, conversation string, body any) int {
	a.System.T.Helper()
	status, _ := a.Command(command, conversation, body)
	return status
}

// Command sends a command for a conversation and returns status and answer. While the API answers 503 it sends the command again, with the
// same idempotency key.
func (a Agent) Command(command, conversation string, body any) (int, string) {
	a.System.T.Helper()
	if body == nil {
		body = struct{}{}
	}
	header := map[string]string{
		"Authorization": "Bearer " + a.APIToken, "Idempotency-Key": a.NextKey(command),
	}
	var status int
	var answer []byte
	a.System.WaitFor(30*time.Second, command+" is taken", func() bool {
		status, answer = a.System.Call(http.MethodPost, "http://"+a.System.HTTPAddr+"/v1/conversations/"+conversation+"/"+command, header, body)
		return status != http.StatusServiceUnavailable
	})
	return status, string(answer)
}

// MustCommand sends a command for a conversation. It fails the test unless the answer is 200.
func (a Agent) MustCommand(command, conversation string, body any) {
	a.System.T.Helper()
	status, answer := a.Command(command, conversation, body)
	require.Equalf(a.System.T, http.StatusOK, status, "%s: %s", command, answer)
}

// Presence returns the agent's presence as the API shows it.
func (a Agent) Presence() string {
	a.System.T.Helper()
	var out struct{ Presence string }
	require.Equal(a.System.T, http.StatusOK, a.CallAPI(http.MethodGet, "/v1/agents/"+a.ID+"/presence", nil, &out))
	return out.Presence
}
