package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
)

const (
	// taskTime is how long the local activities of one workflow task may take together. The server keeps at most a hundred signals
	// back while a task runs, and then fails it.
	taskTime = 1500 * time.Millisecond
	// leastTime is what must be left of it to try another.
	leastTime = 100 * time.Millisecond
)

// task is the workflow task that the run is in.
type task struct {
	length int // of the history, by which a new one is recognised
	began  time.Time
	lines  int  // callbacks received in it
	sent   bool // a message was sent directly in it
}

// thisTask returns the current task; workflow.Now moves within it.
func (c *run) thisTask(ctx workflow.Context) *task {
	if length := workflow.GetInfo(ctx).GetCurrentHistoryLength(); c.task.length != length || c.task.began.IsZero() {
		c.task = task{length: length, began: workflow.Now(ctx)}
	}
	return &c.task
}

// timeLeft is how long a local activity may take; 0 if the next one would make the task too long.
func (c *run) timeLeft(ctx workflow.Context) time.Duration {
	if left := taskTime - workflow.Now(ctx).Sub(c.thisTask(ctx).began); left >= leastTime {
		return left
	}
	return 0
}

// ledger calls an activity of the ledger: as a local activity within what is left of the workflow task's time, and if that is not
// enough, as an ordinary activity for as long as it takes. It fails only if the ledger refuses or is broken.
func (c *run) ledger(ctx workflow.Context, summary string, act, in, out any) error {
	c.calls++
	if left := c.timeLeft(ctx); left > 0 {
		err := workflow.ExecuteLocalActivity(local(ctx, left, summary), act, in).Get(ctx, out)
		if err == nil || activities.ClassOf(err) != activities.Away {
			return err
		}
	}
	return workflow.ExecuteActivity(ledgerWork(ctx, summary), act, in).Get(ctx, out)
}

// apply stores the state of the conversation, and what it owes, from an answer of the ledger. Of two calls one after the other, the
// later answer is the newer one, even if an older ledger was restored.
func (c *run) apply(ctx workflow.Context, out activities.Result) {
	if c.st.Logic == 0 {
		c.st.Logic = out.Logic
	}
	if out.Revision == 0 { // the call found nothing to say
		return
	}
	now := workflow.Now(ctx)
	c.st.Standing = out.Standing
	c.st.Owed = Owed{Turn: out.Turn, Send: out.Send, HandOver: out.HandOver, End: out.End}
	if out.Turn {
		c.st.Owed.TurnAt = now.Add(out.TurnIn)
	}
	if out.Send {
		c.st.Owed.SendAt = now.Add(out.SendIn)
	} else {
		c.st.PermitAt = time.Time{} // nobody uses it
	}
}

// applyLate is apply for an answer that does not come from the loop. It may be older than what the loop has heard since; then the
// ledger is asked again.
func (c *run) applyLate(ctx workflow.Context, f inFlight, out activities.Result) {
	if f.calls != c.calls {
		c.st.Stale = true
		return
	}
	c.apply(ctx, out)
}

// failed notes that a step is refused or broken. The step is put off, and the ledger is asked for the state of the conversation.
func (c *run) failed(ctx workflow.Context, what string, err error) {
	workflow.GetLogger(ctx).Error("step failed", "step", what, "class", activities.ClassOf(err), "error", err)
	c.st.Stale = what != doRead || c.st.Stale
	c.pause(ctx, what)
}

func (c *run) where() activities.Where {
	return activities.Where{Tenant: c.in.Tenant, Conversation: c.st.Conversation, Traceparent: c.st.Traceparent}
}
