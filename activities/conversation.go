package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/conversation"
)

// nudgeAtOnce is how many runs a sweep nudges at the same time.
const nudgeAtOnce = 8

// SituationResult is how a conversation stands.
type SituationResult struct {
	Result
	Gone bool `json:",omitempty"` // the ledger has no such conversation: an older one was restored
}

// ReadSituation reads how the conversation stands and what it owes.
//
// Promise: repeatable. It only reads.
func (a *Activities) ReadSituation(ctx context.Context, in Where) (SituationResult, error) {
	return step(ctx, "read the situation", func(ctx context.Context) (SituationResult, error) {
		stands, err := a.Ledger.ReadSituation(ctx, in.ref())
		if errors.Is(err, conversation.ErrNotFound) && classNow(ctx, err) == Broken {
			return SituationResult{Gone: true, Result: result(conversation.Situation{})}, nil
		}
		return SituationResult{Result: result(stands)}, err
	})
}

// Due does what has fallen due.
//
// Promise: repeatable. What is done is not due any more.
func (a *Activities) Due(ctx context.Context, in Where) (Result, error) {
	return step(ctx, "do what has fallen due", func(ctx context.Context) (Result, error) {
		ctx, span := a.Span(ctx, in.Traceparent, "due")
		defer span.End()
		stands, err := a.Ledger.Due(ctx, in.ref())
		return result(stands), err
	})
}

// CloseInput ends a conversation.
type CloseInput struct {
	Where
	Reason conversation.CloseReason // if nobody has wished the end
}

// Close ends the conversation in the ledger.
//
// Promise: repeatable.
func (a *Activities) Close(ctx context.Context, in CloseInput) (Result, error) {
	return step(ctx, "close the conversation", func(ctx context.Context) (Result, error) {
		ctx, span := a.Span(ctx, in.Traceparent, "close")
		defer span.End()
		stands, err := a.Ledger.CloseConversation(ctx, in.ref(), in.Reason)
		return result(stands), err
	})
}

// Sweep repairs what crashes may have left, nudges the runs whose conversations have owed something for too long, and forgets what
// is kept no longer. If such a run is gone, its conversation ends. A nudge that fails is given again with the next sweep.
//
// Promise: repeatable.
func (a *Activities) Sweep(ctx context.Context) error {
	_, err := step(ctx, "sweep", func(ctx context.Context) (Result, error) {
		late, err := a.Ledger.Sweep(ctx)
		a.Metrics.late(ctx, len(late))
		var nudges errgroup.Group
		nudges.SetLimit(nudgeAtOnce)
		for _, run := range late {
			nudges.Go(func() error {
				gone, err := a.Runs.Nudge(ctx, run.WorkflowID)
				if gone {
					activity.GetLogger(ctx).Warn("run lost, conversation ended", "workflow_id", run.WorkflowID, "conversation", run.Conversation)
					err = a.Ledger.RunGone(ctx, run.Ref)
				}
				if err != nil {
					activity.GetLogger(ctx).Warn("nudge failed", "workflow_id", run.WorkflowID, "error", err)
				}
				return nil
			})
		}
		err = errors.Join(err, nudges.Wait())
		gone, failed := a.Ledger.Forget(ctx)
		a.Metrics.forgot(ctx, gone)
		return Result{}, errors.Join(err, failed)
	})
	return err
}
