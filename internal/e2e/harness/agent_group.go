package harness

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
)

// AgentGroup is a number of agents whose event streams are open.
type AgentGroup struct {
	System      *System
	DB          *sqlx.DB
	Connections []*AgentConnection
	http        http.Client
	keys        sync.Map // of what was done so far, by token
}

// NewAgentGroup sets up agents with room for ten conversations each and opens their event streams. An offer stands for five minutes.
func NewAgentGroup(s *System, agents int) *AgentGroup {
	s.T.Helper()
	s.Change("/v1/workstreams/"+DefaultWorkstream, map[string]any{"offer_for": "5m"})
	g := &AgentGroup{System: s, DB: s.Database(), http: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	for n := range agents {
		name := fmt.Sprintf("Agent %02d", n)
		a := s.NewAgent(name)
		s.Change("/v1/agents/"+a.ID, map[string]any{"units": 250})
		g.Connections = append(g.Connections, a.Connect())
	}
	return g
}

// WaitForOffers waits until the event streams have shown n offers and returns all of them, sorted by time. It fails the test where there
// are more.
func (g *AgentGroup) WaitForOffers(n int) (all []Event) {
	g.System.T.Helper()
	g.System.PollEvery(20*time.Millisecond, 5*time.Minute, fmt.Sprintf("%d offers", n), func() bool {
		all = all[:0]
		for _, c := range g.Connections {
			all = append(all, c.Offers()...)
		}
		return len(all) >= n
	})
	require.Len(g.System.T, all, n, "each is offered once")
	slices.SortFunc(all, func(a, b Event) int { return a.At.Compare(b.At) })
	return all
}

// MustCommand sends a command for a conversation once. It fails the test unless the answer is 200. Only one goroutine at a time may use a
// token.
func (g *AgentGroup) MustCommand(token, command, conversation, body string) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost,
		"http://"+g.System.HTTPAddr+"/v1/conversations/"+conversation+"/"+command, strings.NewReader(body))
	if err != nil {
		g.System.T.Error(err)
		return
	}
	n, _ := g.keys.LoadOrStore(token, new(int))
	*n.(*int)++ // one goroutine at a time does what a token does
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", command+"-"+strconv.Itoa(*n.(*int)))
	resp, err := g.http.Do(req)
	if err != nil {
		g.System.T.Error(err)
		return
	}
	defer resp.Body.Close() //nolint:errcheck // read below
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		g.System.T.Errorf("%s: %d %s %v", command, resp.StatusCode, text, err)
	}
}
