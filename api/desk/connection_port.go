package desk

import (
	"context"

	"wxdesk/internal/feed"
)

// Connections keeps which agents have an event stream open, and at which API process. Each method may be repeated.
type Connections interface {
	// Connect records a connection, and signs its agent in where it is the first. ErrNotFound when there is no such agent, or the
	// agent is disabled.
	Connect(ctx context.Context, process string, c feed.Connection) error
	// Disconnect removes a connection. An agent who has none left is offline, and their work goes back after the grace.
	Disconnect(ctx context.Context, c feed.Connection) error
	// Heartbeat records that a process is there and which connections it has, and returns where the ledger differs.
	Heartbeat(ctx context.Context, process string, connections []string) (feed.ConnectionDiff, error)
	// DropSilentProcesses removes the connections of processes that have been silent for feed.ProcessSilence.
	DropSilentProcesses(ctx context.Context) error
}
