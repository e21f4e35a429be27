package activities

import (
	"context"
	"time"

	"wxdesk/internal/conversation"
)

// CommandInput is what a person asks of a conversation.
type CommandInput struct {
	Where
	Command conversation.PersonCommand
}

// Command does what a person asks, where the conversation allows it.
//
// Promise: repeatable. What it came to is kept with the command.
func (a *Activities) Command(ctx context.Context, in CommandInput) (conversation.Commanded, error) {
	ctx, span := a.Span(ctx, in.Traceparent, "command "+string(in.Command.Kind))
	defer span.End()
	out, err := a.Ledger.Command(ctx, in.Command)
	if err != nil {
		return conversation.Commanded{}, failure("do what a person asks", err)
	}
	return out, nil
}

// DueInput names a conversation for which something may have fallen due.
type DueInput struct{ Where }

// Due does what has fallen due.
//
// Promise: repeatable. What is done is not due any more.
func (a *Activities) Due(ctx context.Context, in DueInput) (conversation.Commanded, error) {
	ctx, span := a.Span(ctx, in.Traceparent, "due")
	defer span.End()
	out, err := a.Ledger.Due(ctx, in.ref())
	if err != nil {
		return conversation.Commanded{}, failure("do what has fallen due", err)
	}
	return out, nil
}

// AgentInput names an agent.
type AgentInput struct {
	Tenant  conversation.Tenant
	AgentID conversation.AgentID
}

// AgentGoneInput names an agent whose last desk was lost.
type AgentGoneInput struct {
	AgentInput
	Since time.Time
}

// AgentGone gives an agent's work back to its queues, unless he has come back.
//
// Promise: repeatable.
func (a *Activities) AgentGone(ctx context.Context, in AgentGoneInput) error {
	if err := a.Ledger.AgentGone(ctx, in.Tenant, in.AgentID, in.Since); err != nil {
		return failure("give back the agent's work", err)
	}
	return nil
}

// AgentDay has the distribution look again, because what an agent took for a day may have come back, and answers when his
// day ends.
//
// Promise: repeatable.
func (a *Activities) AgentDay(ctx context.Context, in AgentInput) (time.Time, error) {
	ends, err := a.Ledger.AgentDay(ctx, in.Tenant, in.AgentID)
	if err != nil {
		return time.Time{}, failure("when does the agent's day end", err)
	}
	return ends, nil
}

// Sweep repairs what crashes may have left.
//
// Promise: repeatable.
func (a *Activities) Sweep(ctx context.Context) error {
	if err := a.Ledger.Sweep(ctx); err != nil {
		return failure("sweep", err)
	}
	return nil
}
