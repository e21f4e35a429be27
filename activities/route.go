package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

const (
	// briefly is how long rules may take in a local activity, which holds up its workflow task.
	briefly = 100 * time.Millisecond
	// patiently is how long they may take otherwise, including rules that are read for the first time. A rule that is not judged by
	// then does not hold. Otherwise the activity would take longer than it may, and would be repeated without end.
	patiently = 2 * time.Second
)

// RouteInput hands a conversation over to people.
type RouteInput struct {
	Where
	Failed  bool `json:",omitempty"` // asking the bot failed for good, and nobody has wished people yet
	Briefly bool `json:",omitempty"` // the rules may take 100 ms
	Plainly bool `json:",omitempty"` // to the default queue, without rules: handing over is broken
}

// RouteResult says how the conversation stands afterwards.
type RouteResult struct {
	Result
	Slow bool `json:",omitempty"` // the rules took too long: nothing was done
}

// Route decides by rules which queue the conversation goes to, moves the conversation from the bot to the queue, and stores the
// message that tells the customer. The same transaction triggers the distribution, which finds an agent. If no hand-over is wished
// any more, it changes nothing.
//
// Promise: repeatable. The wish is gone once the conversation is handed over.
func (a *Activities) Route(ctx context.Context, in RouteInput) (RouteResult, error) {
	return step(ctx, "hand over to people", func(ctx context.Context) (RouteResult, error) {
		ctx, span := a.Span(ctx, in.Traceparent, "route")
		defer span.End()
		if in.Failed {
			if _, err := a.Ledger.RequestHandOver(ctx, in.ref(), conversation.EscalatedFailed); err != nil && !in.Plainly {
				return RouteResult{}, err
			}
		}
		if in.Plainly {
			stands, err := a.Ledger.HandOverPlainly(ctx, in.ref(), "hand-over-broken")
			return RouteResult{Result: result(stands)}, err
		}
		return a.route(ctx, in)
	})
}

func (a *Activities) route(ctx context.Context, in RouteInput) (RouteResult, error) {
	question, err := a.Ledger.RoutingQuestion(ctx, in.ref())
	if errors.Is(err, conversation.ErrClosed) {
		stands, err := a.Ledger.ReadSituation(ctx, in.ref())
		return RouteResult{Result: result(stands)}, err
	}
	if err != nil {
		return RouteResult{}, err
	}
	limited := a.evaluatorFor(patiently)
	if in.Briefly {
		limited = a.evaluatorFor(briefly)
	}
	decision := routing.Decide(question, limited)
	if limited.slow && in.Briefly {
		return RouteResult{Result: Result{Logic: Logic}, Slow: true}, nil
	}
	if decision.Alert != "" {
		activity.GetLogger(ctx).Warn("routing alert", "alert", decision.Alert, "queue_id", decision.QueueID)
	}
	stands, err := a.Ledger.HandOver(ctx, in.ref(), decision)
	return RouteResult{Result: result(stands)}, err
}

// briefEvaluator evaluates conditions until its time is over.
type briefEvaluator struct {
	routing.Evaluator
	until time.Time
	slow  bool // it was over before the last condition
}

// evaluatorFor returns an Evaluator that has so long for one decision.
func (a *Activities) evaluatorFor(within time.Duration) *briefEvaluator {
	return &briefEvaluator{Evaluator: a.Evaluator, until: time.Now().Add(within)}
}

var errSlow = errors.New("the rules take too long")

// Evaluate implements routing.Evaluator.
func (e *briefEvaluator) Evaluate(condition string, facts routing.Facts) (bool, error) {
	if time.Now().After(e.until) {
		e.slow = true
		return false, errSlow
	}
	if e.Evaluator == nil {
		return false, errors.New("no evaluator for conditions")
	}
	return e.Evaluator.Evaluate(condition, facts)
}
