package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// maxSeen is how many callbacks a run remembers, so that WeChat's repeats cost no activity. The ledger remembers all.
const maxSeen = 500

// Assigned tells a run how its conversation stands.
type Assigned struct {
	Conversation conversation.ID
	Standing     conversation.Standing
}

// drain moves what has been signalled into State. It is called at the top of the loop, of every update handler, and right
// before a run ends.
func (c *life) drain(ctx workflow.Context) {
	for c.nudges.ReceiveAsync(nil) {
		c.nudged = true
	}
	var told Assigned
	for c.assigned.ReceiveAsync(&told) {
		if told.Conversation == c.st.Conversation && c.st.Begun {
			c.stand(told.Standing)
		}
		told = Assigned{}
	}
	for {
		var cb activities.Callback
		if !c.inbox.ReceiveAsync(&cb) {
			return
		}
		seen := cb.MessageKey + cb.Fingerprint[:min(len(cb.Fingerprint), 16)]
		if slices.Contains(c.st.Seen, seen) && !cb.Redriven { // the run may remember it as one that could not be read
			continue
		}
		c.st.Seen = append(c.st.Seen, seen)
		if len(c.st.Seen) > maxSeen {
			c.st.Seen = slices.Delete(c.st.Seen, 0, len(c.st.Seen)-maxSeen)
		}
		c.st.Pending = append(c.st.Pending, cb)
		c.st.LastActivity = workflow.Now(ctx)
	}
}

// mayReceive reports whether pending callbacks are to be received now. Closed is final: what arrives while closing is
// left for the next conversation. A run that is about to continue carries them along, unless they are too much to carry.
//
// Where an Ask or a Send is under way, whose end wakes the run, one batch per workflow task is enough: the server keeps at
// most a hundred signals back while a task runs, and then fails it.
func (c *life) mayReceive(ctx workflow.Context) bool {
	switch {
	case len(c.st.Pending) == 0 || c.closing != nil:
		return false
	case c.continueDue(ctx) && c.st.pendingBytes() <= maxCarry:
		return false
	}
	return !c.busy() || c.received != workflow.GetInfo(ctx).GetCurrentHistoryLength()
}

// receive has the next callbacks opened and written, and learns what follows from them.
func (c *life) receive(ctx workflow.Context) error {
	batch := c.nextBatch(ctx)
	in := activities.ReceiveInput{
		Where:       c.where(""),
		AccountID:   c.in.AccountID,
		CustomerKey: c.in.CustomerKey,
		WorkflowID:  workflow.GetInfo(ctx).WorkflowExecution.ID,
		Callbacks:   batch,
	}
	var out activities.ReceiveResult
	err := workflow.ExecuteLocalActivity(localLedger(ctx), acts.Receive, in).Get(ctx, &out)
	if err != nil && activities.FailureOf(err) != activities.FailureClosed {
		err = workflow.ExecuteActivity(ledgerWork(ctx, "receive"), acts.Receive, in).Get(ctx, &out)
	}
	if activities.FailureOf(err) == activities.FailureClosed { // closed under us: the rest is the next conversation's
		c.toEnd(conversation.ClosedSuperseded)
		return nil
	}
	if err != nil {
		return err
	}

	c.received = workflow.GetInfo(ctx).GetCurrentHistoryLength()
	c.st.Pending = slices.Delete(c.st.Pending, 0, len(batch))
	c.learn(out)
	for i, fact := range out.Facts {
		c.follow(batch[i], fact)
	}
	return c.showState(ctx)
}

// nextBatch is the head of the pending callbacks. One that has made reading panic goes alone, and so do those that are large
// together: where the local activity fails, the batch is the input of another.
func (c *life) nextBatch(ctx workflow.Context) []activities.Callback {
	n := 1
	if c.st.Pending[0].Panics == 0 {
		bytes := len(c.st.Pending[0].Ciphertext)
		for n < len(c.st.Pending) && n < activities.MaxReceive && c.st.Pending[n].Panics == 0 {
			bytes += len(c.st.Pending[n].Ciphertext)
			if bytes > maxCarry && workflow.GetVersion(ctx, "bounded-batch", workflow.DefaultVersion, 1) == 1 {
				break
			}
			n++
		}
	}
	return slices.Clone(c.st.Pending[:n])
}

func (c *life) learn(out activities.ReceiveResult) {
	c.st.IdleClose, c.st.Bot = out.IdleClose, out.Bot
	if out.Begun {
		c.st.Begun = true
		if out.Standing.Revision == 1 && c.st.Revision > 1 { // an older ledger was restored, in which the conversation begins only now
			c.st.Standing = conversation.Standing{}
		}
		c.stand(out.Standing)
	}
}

// follow decides what a received callback leads to: a turn of the bot where the bot holds the conversation; nothing but
// a line in the transcript where people do.
func (c *life) follow(cb activities.Callback, fact activities.Fact) {
	switch {
	case fact.Outcome == activities.OutcomePanicked:
		cb.Panics++
		c.st.Pending = append(c.st.Pending, cb)
	case fact.Unfollowed && c.st.Begun:
		c.toEnd(conversation.ClosedUnfollowed)
	case fact.Outcome == conversation.ReceiptNew:
		c.st.Lines++
		if c.closing != nil && c.closing.reason == conversation.ClosedUnfollowed && len(c.closing.waiting) == 0 {
			c.closing = nil // left and came back within one batch
		}
		if fact.Turn && c.st.Holder == conversation.HolderBot && c.st.TurnsAfter == "" {
			c.st.Turns = append(c.st.Turns, Turn{MessageID: fact.MessageID, Traceparent: cb.Traceparent})
		}
		if c.st.Holder == conversation.HolderQueue && c.st.QueueID == "" && c.st.Escalation == nil {
			c.escalate(Turn{MessageID: fact.MessageID, Traceparent: cb.Traceparent}, activities.EscalatedNoBot, "")
		}
	}
}

func (c *life) where(traceparent string) activities.Where {
	return activities.Where{Tenant: c.in.Tenant, Conversation: c.st.Conversation, Traceparent: traceparent}
}
