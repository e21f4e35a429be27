package events

import (
	"context"
	"log/slog"
	"sync"

	"wxdesk/api/web"
	"wxdesk/internal/telemetry"
)

// Ports are the stores and services that this package uses.
type Ports struct {
	Feed        Feed
	Connections Connections
	Tokens      TokenChecks
}

// Config is what the event streams need. All its fields must be set.
type Config struct {
	Ports
	Guard   *web.Guard
	Cursors web.Cursors
	// CountProcesses is told how many API processes are alive, this one included.
	CountProcesses func(n int)
	Log            *slog.Logger
}

// Events answers with event streams. It is safe for concurrent use. It needs Run beside its handler.
type Events struct {
	cfg         Config
	hub         *hub
	connections *connections
}

// New sets up the event streams.
func New(cfg Config) *Events {
	return &Events{cfg: cfg, hub: newHub(), connections: newConnections(cfg)}
}

// Run reads the feed for the event streams and keeps the presence of agents up to date, until ctx ends. Then it ends all streams.
// Without it there are no streams: they are answered 503.
func (e *Events) Run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { e.readFeed(ctx) })
	work.Go(func() { e.endRevoked(ctx) })
	work.Go(func() { e.connections.beat(ctx) })
	work.Wait()
}

// Limits are the limits that the event streams keep, and how much of each is used.
func (e *Events) Limits() []telemetry.Limit {
	return []telemetry.Limit{{Name: "streams-of-a-token", Used: e.hub.mostOfAToken, Max: streamsPerToken}}
}
