package desk

import (
	"context"
	"sync"

	"wxdesk/api/web"
	"wxdesk/internal/telemetry"
)

// Desk answers agents and supervisors. It is safe for concurrent use. Event streams need Run beside the handlers.
type Desk struct {
	cfg         Config
	cursors     web.Cursors
	guard       *web.Guard
	hub         *hub
	connections *connections
}

// New sets up the desk.
func New(cfg Config) *Desk {
	return &Desk{cfg: cfg, cursors: cfg.Cursors, guard: cfg.Guard, hub: newHub(), connections: newConnections(cfg)}
}

// Run reads the feed for the event streams and keeps the presence of agents up to date, until ctx ends. Then it ends all streams.
// Without it there are no streams: they are answered 503.
func (d *Desk) Run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { d.readFeed(ctx) })
	work.Go(func() { d.endRevoked(ctx) })
	work.Go(func() { d.connections.beat(ctx) })
	work.Wait()
}

// Limits are the limits that the desk keeps, and how much of each is used.
func (d *Desk) Limits() []telemetry.Limit {
	return []telemetry.Limit{{Name: "streams-of-a-token", Used: d.hub.mostOfAToken, Max: streamsPerToken}}
}
