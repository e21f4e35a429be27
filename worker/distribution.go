package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/workflows"
)

const (
	// lookEvery is how often a worker looks for work that a crash has left lying; otherwise it is woken.
	lookEvery = 2 * time.Second
	// lookSoon is when it looks again at what somebody was just changing.
	lookSoon = 10 * time.Millisecond
	// tellAtOnce is how many runs are told at the same time.
	tellAtOnce = 8
	// tellBatch is how many words are fetched at once.
	tellBatch  = 100
	tellWithin = 5 * time.Second
)

// Work is the ledger of the distribution. Every method is a transaction of its own and repeatable.
type Work interface {
	// Tenants lists whose work there is.
	Tenants(ctx context.Context) ([]conversation.Tenant, error)
	// Distribute gives waiting work to agents, one batch in one transaction. Where another process is at it, it does nothing.
	Distribute(ctx context.Context, t conversation.Tenant) (routing.Distributed, error)
	// Untold lists conversations whose runs have not been told how they stand, the longest first.
	Untold(ctx context.Context, limit int) ([]conversation.Telling, error)
	// Told notes that a run has been told, up to a revision.
	Told(ctx context.Context, c conversation.Ref, revision int64) error
	// RunGone notes that a conversation has no run: what it was assigned is void.
	RunGone(ctx context.Context, c conversation.Ref) error
	// Wakes tells, until the context ends, when something has changed that may make a match.
	Wakes(ctx context.Context) (<-chan struct{}, error)
}

// Distribution finds agents for waiting conversations and tells the conversations' runs. Every worker process has one; the
// ledger's lock lets one at a time do a batch.
type Distribution struct {
	Work   Work
	Client client.Client
	Log    *slog.Logger
}

// Run distributes until the context ends. Beside it the runs are told, so that no conversation waits for its agent while
// others' runs hear of theirs.
func (d Distribution) Run(ctx context.Context) error {
	wakes, err := d.Work.Wakes(ctx)
	if err != nil {
		return err
	}
	words := make(chan struct{}, 1) // there may be words for runs
	var both sync.WaitGroup
	both.Go(func() {
		d.repeat(ctx, wakes, func(ctx context.Context) (bool, error) { return d.round(ctx, words) })
	})
	both.Go(func() {
		d.repeat(ctx, words, func(ctx context.Context) (bool, error) { return false, d.tell(ctx) })
	})
	both.Wait()
	return nil
}

// repeat does something whenever it is called, soon where it says so, and every lookEvery, until the context ends.
func (d Distribution) repeat(ctx context.Context, called <-chan struct{}, do func(context.Context) (soon bool, err error)) {
	look := time.NewTimer(0)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-called:
		case <-look.C:
		}
		soon, err := do(ctx)
		if err != nil && ctx.Err() == nil {
			d.Log.WarnContext(ctx, "distribution: trying again", "error", err)
		}
		wait := lookEvery
		if soon {
			wait = lookSoon
		}
		look.Reset(wait)
	}
}

// round gives out what can be given out, and after every batch has the runs told.
func (d Distribution) round(ctx context.Context, words chan<- struct{}) (soon bool, err error) {
	tenants, err := d.Work.Tenants(ctx)
	if err != nil {
		return false, err
	}
	for _, t := range tenants {
		missed, failed := d.batches(ctx, t, words)
		soon, err = soon || missed, errors.Join(err, failed)
	}
	return soon, err
}

// batches gives out what a tenant has to give out.
func (d Distribution) batches(ctx context.Context, t conversation.Tenant, words chan<- struct{}) (soon bool, err error) {
	for {
		done, err := d.Work.Distribute(ctx, t)
		if err != nil {
			return false, err
		}
		select {
		case words <- struct{}{}:
		default: // they are called already
		}
		if !done.Again {
			return done.Soon, nil
		}
	}
}

// tell signals the runs whose standing somebody else has changed.
func (d Distribution) tell(ctx context.Context) error {
	for {
		words, err := d.Work.Untold(ctx, tellBatch)
		if err != nil || len(words) == 0 {
			return err
		}
		slots := make(chan struct{}, tellAtOnce)
		failures := make([]error, len(words))
		var under sync.WaitGroup
		for i, word := range words {
			slots <- struct{}{}
			under.Go(func() {
				defer func() { <-slots }()
				failures[i] = d.tellOne(ctx, word)
			})
		}
		under.Wait()
		if err := errors.Join(failures...); err != nil || len(words) < tellBatch {
			return err
		}
	}
}

// tellOne signals one run: a plain signal, which starts none.
func (d Distribution) tellOne(ctx context.Context, word conversation.Telling) error {
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	err := d.Client.SignalWorkflow(ctx, word.WorkflowID, "", workflows.SignalAssigned, workflows.Assigned{
		Conversation: word.Conversation, Standing: word.Standing,
	})
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return d.Work.RunGone(ctx, word.Ref)
	}
	if err != nil {
		return err
	}
	return d.Work.Told(ctx, word.Ref, word.Standing.Revision)
}
