package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
)

const defaultQueue = "00000000-0000-7000-8000-000000000002"

// agent is a person at a desk.
type agent struct {
	s     *system
	id    string
	token string
	keys  *atomic.Int64
}

// agent sets up an agent of the queues; of the default queue where none is named.
func (s *system) agent(name string, queues ...string) agent {
	s.t.Helper()
	if len(queues) == 0 {
		queues = []string{defaultQueue}
	}
	args := []string{"agent", "create", "--name", name}
	for _, queue := range queues {
		args = append(args, "--queue", queue)
	}
	id := s.wxdesk(args...)
	return agent{s: s, id: id, token: s.wxdesk("token", "create", "--role", "agent", "--agent", id, "--name", name), keys: &atomic.Int64{}}
}

// supervisor returns somebody who commands conversations with a supervisor's API token, and is no agent.
func (s *system) supervisor(name string) agent {
	s.t.Helper()
	return agent{s: s, token: s.wxdesk("token", "create", "--role", "supervisor", "--name", name), keys: &atomic.Int64{}}
}

// nextKey returns an idempotency key that the agent has not used yet.
func (a agent) nextKey(command string) string { return fmt.Sprintf("%s-%d", command, a.keys.Add(1)) }

// api calls the HTTP API as the agent.
func (a agent) api(method, path string, in, out any) int {
	a.s.t.Helper()
	status, body := a.s.call(method, "http://"+a.s.http+path, map[string]string{"Authorization": "Bearer " + a.token}, in)
	if out != nil && status < 300 {
		require.NoErrorf(a.s.t, json.Unmarshal(body, out), "%s", body)
	}
	return status
}

// does commands a conversation and returns the status.
func (a agent) does(command, conversation string, body any) int {
	a.s.t.Helper()
	status, _ := a.says(command, conversation, body)
	return status
}

// says commands a conversation, again with the same key while nobody takes it, and returns status and answer.
func (a agent) says(command, conversation string, body any) (int, string) {
	a.s.t.Helper()
	if body == nil {
		body = struct{}{}
	}
	header := map[string]string{
		"Authorization": "Bearer " + a.token, "Idempotency-Key": a.nextKey(command),
	}
	var status int
	var answer []byte
	a.s.until(30*time.Second, command+" is taken", func() bool {
		status, answer = a.s.call(http.MethodPost, "http://"+a.s.http+"/v1/conversations/"+conversation+"/"+command, header, body)
		return status != http.StatusServiceUnavailable
	})
	return status, string(answer)
}

// must commands a conversation, which must go well.
func (a agent) must(command, conversation string, body any) {
	a.s.t.Helper()
	status, answer := a.says(command, conversation, body)
	require.Equalf(a.s.t, http.StatusOK, status, "%s: %s", command, answer)
}

// event is one event of a desk's stream.
type event struct {
	ID, Name string
	At       time.Time
	Data     struct {
		ConversationID string `json:"conversation_id"`
		AssignmentID   string `json:"assignment_id"`
		AgentID        string `json:"agent_id"`
		State          string
		Holder         string
	}
}

// agentClient is an agent with an open event stream: while it is open, the agent is there.
type agentClient struct {
	agent
	close context.CancelFunc
	ended chan struct{}
	mu    sync.Mutex
	seen  []event
}

// opens the agent's event stream and waits until the agent is there.
func (a agent) opens() *agentClient {
	a.s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	d := &agentClient{agent: a, close: cancel, ended: make(chan struct{})}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.s.http+"/v1/events", nil)
	require.NoError(a.s.t, err)
	req.Header.Set("Authorization", "Bearer "+a.token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(a.s.t, err)
	require.Equal(a.s.t, http.StatusOK, resp.StatusCode)
	go func() {
		defer close(d.ended)
		defer resp.Body.Close() //nolint:errcheck // read to its end
		d.listen(bufio.NewScanner(resp.Body))
	}()
	a.s.t.Cleanup(d.leaves)
	a.s.until(30*time.Second, "the agent is there", func() bool { return a.presence() != "offline" })
	return d
}

// leaves closes the desk.
func (d *agentClient) leaves() {
	d.close()
	<-d.ended
}

func (d *agentClient) listen(lines *bufio.Scanner) {
	var e event
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			e.ID = value
		case "event":
			e.Name = value
		case "data":
			_ = json.Unmarshal([]byte(value), &e.Data)
		case "":
			if e.Name != "" {
				e.At = time.Now()
				d.mu.Lock()
				d.seen = append(d.seen, e)
				d.mu.Unlock()
			}
			e = event{}
		}
	}
}

func (d *agentClient) events() []event {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]event{}, d.seen...)
}

// offered waits for the nth offer and returns it.
func (d *agentClient) offered(n int, within time.Duration) event {
	d.s.t.Helper()
	var offers []event
	d.s.until(within, fmt.Sprintf("offer %d", n), func() bool {
		offers = offers[:0]
		for _, e := range d.events() {
			if e.Name == "offer" {
				offers = append(offers, e)
			}
		}
		return len(offers) >= n
	})
	return offers[n-1]
}

func (a agent) presence() string {
	a.s.t.Helper()
	var out struct{ Presence string }
	require.Equal(a.s.t, http.StatusOK, a.api(http.MethodGet, "/v1/agents/"+a.id+"/presence", nil, &out))
	return out.Presence
}

// stands waits until a conversation stands as said: "state holder".
func (s *system) stands(conversation, want string, within time.Duration) {
	s.t.Helper()
	var got string
	s.until(within, "the conversation is "+want, func() bool {
		var out struct{ State, Holder string }
		require.Equal(s.t, http.StatusOK, s.api(http.MethodGet, "/v1/conversations/"+conversation, nil, nil, &out))
		got = out.State + " " + out.Holder
		return got == want
	})
}
