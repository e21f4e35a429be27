// Package dispatch runs in every worker process beside Temporal's tasks. It distributes waiting conversations to agents, and does
// what falls due for agents. The ledger lets one process at a time do each piece, so any number of processes may run it.
package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

const (
	// pollEvery is how often a worker looks for work that was left by a crash. Otherwise a distribution trigger starts it.
	pollEvery = 2 * time.Second
	// pollSoon is how soon it looks again at rows that another transaction was changing.
	pollSoon = 10 * time.Millisecond
)

// Work is the part of the ledger that the distribution uses. Every method may be repeated.
type Work interface {
	// Tenants lists the tenants that may have work to distribute.
	Tenants(ctx context.Context) ([]conversation.Tenant, error)
	// Distribute offers one batch of waiting conversations to agents. If another process does so already for the tenant, it does
	// nothing.
	Distribute(ctx context.Context, t conversation.Tenant) (routing.Distributed, error)
	// DistributionTriggers tells, until the context ends, when something has changed that may make a match.
	DistributionTriggers(ctx context.Context) (<-chan struct{}, error)
}

// Notifier tells runs of acts.
type Notifier interface {
	// Notify tells runs in the background.
	Notify(ctx context.Context, notices ...conversation.RunNotice)
	// Run tells what was left, until ctx ends.
	Run(ctx context.Context)
	// Wait waits until nothing is being told any more. Nobody may call Notify at the same time.
	Wait()
}

// Distribution finds agents for waiting conversations, and has the conversations' runs told. Every worker process has one. The
// ledger's lock lets one process at a time do a batch.
type Distribution struct {
	Work     Work
	Notifier Notifier
	Log      *slog.Logger
}

// Run distributes until the context ends. The runs are told at the same time, so that a conversation does not wait for its agent
// while other runs are told.
func (d Distribution) Run(ctx context.Context) error {
	triggers, err := d.Work.DistributionTriggers(ctx)
	if err != nil {
		return err
	}
	var both sync.WaitGroup
	both.Go(func() { d.repeat(ctx, triggers, d.round) })
	both.Go(func() { d.Notifier.Run(ctx) })
	both.Wait()
	d.Notifier.Wait()
	return nil
}

// repeat does something whenever it is called, soon if it says so, and every pollEvery, until the context ends.
func (d Distribution) repeat(ctx context.Context, called <-chan struct{}, do func(context.Context) (soon bool, err error)) {
	poll := time.NewTimer(0)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-called:
		case <-poll.C:
		}
		soon, err := do(ctx)
		if err != nil && ctx.Err() == nil {
			d.Log.WarnContext(ctx, "distribution failed, trying again", "error", err)
		}
		wait := pollEvery
		if soon {
			wait = pollSoon
		}
		poll.Reset(wait)
	}
}

// round distributes what can be distributed, and has the runs told after every batch.
func (d Distribution) round(ctx context.Context) (soon bool, err error) {
	tenants, err := d.Work.Tenants(ctx)
	if err != nil {
		return false, err
	}
	for _, t := range tenants {
		missed, failed := d.batches(ctx, t)
		soon, err = soon || missed, errors.Join(err, failed)
	}
	return soon, err
}

// batches distributes the waiting work of a tenant.
func (d Distribution) batches(ctx context.Context, t conversation.Tenant) (soon bool, err error) {
	for {
		done, err := d.Work.Distribute(ctx, t)
		if err != nil {
			return false, err
		}
		d.Notifier.Notify(ctx, done.Notices...)
		if !done.Again {
			return done.Soon, nil
		}
	}
}
