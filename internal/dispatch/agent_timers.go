package dispatch

import (
	"context"
	"log/slog"
	"time"
)

// timersEvery is how often a worker looks whether something has fallen due for an agent.
const timersEvery = time.Second

// AgentDue is the ledger's table of what falls due for agents.
type AgentDue interface {
	// DoAgentDue does one thing that is due, in one transaction. found is false if nothing is due, or the ledger is away. A
	// row that fails is put off, so that the next call takes another one.
	DoAgentDue(ctx context.Context) (found bool, err error)
}

// Connections is the ledger's table of agents' connections.
type Connections interface {
	// DropSilentProcesses removes the connections of API processes that have been silent for feed.ProcessSilence. API
	// processes do so too; this is for the case that none of them is left.
	DropSilentProcesses(ctx context.Context) error
}

// AgentTimers does what falls due for agents: the grace of an agent whose last connection was lost ends. Every worker process
// has one; the ledger gives each row to one of them. It runs beside the distribution and holds up no batch of it.
type AgentTimers struct {
	Due         AgentDue
	Connections Connections
	Log         *slog.Logger
}

// Run does what is due until the context ends.
func (t AgentTimers) Run(ctx context.Context) {
	poll := time.NewTicker(timersEvery)
	defer poll.Stop()
	for {
		if err := t.Connections.DropSilentProcesses(ctx); err != nil && ctx.Err() == nil {
			t.Log.ErrorContext(ctx, "removal of silent API processes failed", "error", err)
		}
		for t.next(ctx) {
		}
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
	}
}

// next does one thing and reports whether there may be more.
func (t AgentTimers) next(ctx context.Context) bool {
	found, err := t.Due.DoAgentDue(ctx)
	if err != nil && ctx.Err() == nil {
		t.Log.ErrorContext(ctx, "agent timer failed", "error", err)
	}
	return found && ctx.Err() == nil
}
