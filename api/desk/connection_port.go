package desk

import (
	"context"

	"wxdesk/internal/conversation"
)

// Connections keeps which agents have an event stream open, and at which API process. Each method may be repeated.
type Connections interface {
	// Connect records a connection, and signs its agent in where it is the first. ErrNotFound when there is no such agent, or the
	// agent is disabled.
	Connect(ctx context.Context, process string, c conversation.AgentConnection) error
	// Disconnect removes a connection. An agent who has none left is offline, and their work goes back after the grace.
	Disconnect(ctx context.Context, c conversation.AgentConnection) error
	// Heartbeat records that a process is there and which connections it has, and returns where the ledger differs.
	Heartbeat(ctx context.Context, process string, connections []string) (conversation.ConnectionDiff, error)
	// DropSilentProcesses removes the connections of processes that have been silent for conversation.ProcessSilence.
	DropSilentProcesses(ctx context.Context) error
}
