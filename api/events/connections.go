package events

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/access"
	"wxdesk/internal/feed"
)

const (
	connectionsBeat = 5 * time.Second
	// signOffWithin bounds what follows the end of a stream, whose own context has ended by then.
	signOffWithin = 5 * time.Second
)

// connections are the agents' event streams of this process. The ledger has a row for each. Every few seconds this process tells the
// ledger which streams are open, and differences are corrected. So nothing is lost while the ledger is away.
type connections struct {
	cfg     Config
	process string

	mu   sync.Mutex
	open map[string]feed.Connection
}

func newConnections(cfg Config) *connections {
	return &connections{cfg: cfg, process: uuid.NewString(), open: map[string]feed.Connection{}}
}

// agentConnection is an open connection; the zero value belongs to a caller who is no agent.
type agentConnection struct {
	connections *connections
	connection  feed.Connection
}

// signIn connects an agent.
func (c *connections) signIn(ctx context.Context, who access.Principal) (agentConnection, error) {
	connection := feed.Connection{ID: uuid.NewString(), Tenant: who.Tenant, AgentID: who.AgentID, TokenID: who.TokenID, UserID: who.UserID, SessionID: who.SessionID}
	c.mu.Lock()
	c.open[connection.ID] = connection // first, so that the next beat does not take the row for a stray
	c.mu.Unlock()
	opened := agentConnection{c, connection}
	if err := c.cfg.Connections.Connect(ctx, c.process, connection); err != nil {
		opened.signOff() // the ledger may have it anyway
		return agentConnection{}, err
	}
	return opened, nil
}

// signOff ends the connection, whether or not the request's context has ended. If the ledger is away, the next beat ends it.
func (a agentConnection) signOff() {
	if a.connections == nil {
		return
	}
	a.connections.mu.Lock()
	delete(a.connections.open, a.connection.ID)
	a.connections.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), signOffWithin)
	defer cancel()
	a.connections.disconnect(ctx, a.connection)
}

func (c *connections) disconnect(ctx context.Context, connection feed.Connection) {
	if err := c.cfg.Connections.Disconnect(ctx, connection); err != nil {
		c.failed(ctx, "agent disconnect failed", err)
	}
}

// beat tells the ledger every few seconds that this process is alive, and removes the connections of silent processes, until ctx
// ends.
func (c *connections) beat(ctx context.Context) {
	ticker := time.NewTicker(connectionsBeat)
	defer ticker.Stop()
	for {
		c.beatOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (c *connections) beatOnce(ctx context.Context) {
	c.mu.Lock()
	ids := slices.Sorted(maps.Keys(c.open))
	c.mu.Unlock()
	diff, err := c.cfg.Connections.Heartbeat(ctx, c.process, ids)
	if err != nil {
		c.failed(ctx, "API process heartbeat failed", err)
		return
	}
	c.cfg.CountProcesses(diff.Processes)
	for _, id := range diff.Unknown {
		c.again(ctx, id)
	}
	for _, connection := range diff.Stray {
		if !c.has(connection.ID) { // it came after the list
			c.disconnect(ctx, connection)
		}
	}
	if err := c.cfg.Connections.DropSilentProcesses(ctx); err != nil {
		c.failed(ctx, "removal of silent API processes failed", err)
	}
}

// again connects an agent whose connection the ledger has dropped, or does not have yet.
func (c *connections) again(ctx context.Context, id string) {
	c.mu.Lock()
	connection, ok := c.open[id]
	c.mu.Unlock()
	if !ok {
		return
	}
	if err := c.cfg.Connections.Connect(ctx, c.process, connection); err != nil {
		c.failed(ctx, "agent reconnect failed", err)
	}
}

func (c *connections) has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.open[id]
	return ok
}

func (c *connections) failed(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		c.cfg.Log.ErrorContext(ctx, what, "error", err)
	}
}
