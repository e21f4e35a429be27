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

// Run distributes until the context ends.
func (d Distribution) Run(ctx context.Context) error {
	wakes, err := d.Work.Wakes(ctx)
	if err != nil {
		return err
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		if err := d.round(ctx); err != nil && ctx.Err() == nil {
			d.Log.WarnContext(ctx, "distribution: trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wakes:
		case <-look.C:
		}
	}
}

// round gives out what can be given out, and tells the runs.
func (d Distribution) round(ctx context.Context) error {
	tenants, err := d.Work.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range tenants {
		for again := true; again && err == nil; {
			var done routing.Distributed
			done, err = d.Work.Distribute(ctx, t)
			again = done.Again
			if done.Assigned > 0 && again { // the first are told while the next are found
				err = errors.Join(err, d.tell(ctx))
			}
		}
	}
	return errors.Join(err, d.tell(ctx))
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
