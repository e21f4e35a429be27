package harness

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
)

// Event is an event of an agent's event stream.
type Event struct {
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

// AgentConnection is an open event stream of an agent. The agent is present while it is open.
type AgentConnection struct {
	Agent
	cancel context.CancelFunc
	ended  chan struct{}
	mu     sync.Mutex
	seen   []Event
}

// Connect opens the agent's event stream and waits until the agent is no longer offline.
func (a Agent) Connect() *AgentConnection {
	a.System.T.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &AgentConnection{Agent: a, cancel: cancel, ended: make(chan struct{})}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.System.HTTPAddr+"/v1/events", nil)
	require.NoError(a.System.T, err)
	req.Header.Set("Authorization", "Bearer "+a.APIToken)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(a.System.T, err)
	require.Equal(a.System.T, http.StatusOK, resp.StatusCode)
	go func() {
		defer close(c.ended)
		defer resp.Body.Close() //nolint:errcheck // read to its end
		c.listen(bufio.NewScanner(resp.Body))
	}()
	a.System.T.Cleanup(c.Disconnect)
	a.System.WaitFor(30*time.Second, "the agent is there", func() bool { return a.Presence() != "offline" })
	return c
}

// Disconnect closes the event stream.
func (c *AgentConnection) Disconnect() {
	c.cancel()
	<-c.ended
}

func (c *AgentConnection) listen(lines *bufio.Scanner) {
	var e Event
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
				c.mu.Lock()
				c.seen = append(c.seen, e)
				c.mu.Unlock()
			}
			e = Event{}
		}
	}
}

// Events returns all events so far.
func (c *AgentConnection) Events() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Event{}, c.seen...)
}

// WaitForOffer waits for the nth offer and returns it.
func (c *AgentConnection) WaitForOffer(n int, within time.Duration) Event {
	c.System.T.Helper()
	var offers []Event
	c.System.WaitFor(within, fmt.Sprintf("offer %d", n), func() bool {
		offers = offers[:0]
		for _, e := range c.Events() {
			if e.Name == "offer" {
				offers = append(offers, e)
			}
		}
		return len(offers) >= n
	})
	return offers[n-1]
}

// Offers returns all offers so far.
func (c *AgentConnection) Offers() (all []Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.seen {
		if e.Name == "offer" {
			all = append(all, e)
		}
	}
	return all
}

// AcceptOffer waits for the nth offer, accepts it and returns the conversation's id.
func (c *AgentConnection) AcceptOffer(n int) string {
	c.System.T.Helper()
	id := c.WaitForOffer(n, 30*time.Second).Data.ConversationID
	c.MustCommand("accept", id, nil)
	return id
}
