package events

import (
	"context"

	"wxdesk/internal/feed"
)

// Connections stores which agents have an event stream open, and at which API process. Each method may be repeated.
type Connections interface {
	// Connect records a connection, and signs its agent in if it is the first. It returns ErrNotFound when there is no such
	// agent, or the agent is disabled.
	Connect(ctx context.Context, process string, c feed.Connection) error
	// Disconnect removes a connection. An agent who has none left is offline, and their work goes back after the grace.
	Disconnect(ctx context.Context, c feed.Connection) error
	// Heartbeat records that a process is alive and which connections it has, and returns the differences from the rows of the
	// ledger.
	Heartbeat(ctx context.Context, process string, connections []string) (feed.ConnectionDiff, error)
	// DropSilentProcesses removes the connections of processes that have been silent for feed.ProcessSilence.
	DropSilentProcesses(ctx context.Context) error
}
