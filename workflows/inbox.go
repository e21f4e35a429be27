package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
)

// maxSeen is how many callbacks a run remembers, so that WeChat's repeats cost no activity. The ledger remembers all.
const maxSeen = 500

// quarantineBroken is the reason in quarantine of a callback that the ledger could not take in.
const quarantineBroken = "receive-broken"

// drain moves what has been signalled into State. It is called at the top of the loop and right before a run ends.
func (c *run) drain(ctx workflow.Context) {
	for c.nudges.ReceiveAsync(nil) {
		c.nudged, c.st.Stale = true, true
	}
	for _, channel := range c.signals {
		for channel.ReceiveAsync(nil) {
			c.st.Stale = true
		}
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

// mayReceive reports whether pending callbacks are to be received now. What arrives while the conversation is to end is left for
// the next one. A run that is about to continue carries them along, unless they are too much to carry.
//
// If an Ask or a Send is under way, after which the run goes on anyway, one batch per workflow task is enough: the server keeps at
// most a hundred signals back while a task runs, and then fails it.
func (c *run) mayReceive(ctx workflow.Context) bool {
	switch {
	case len(c.st.Pending) == 0 || c.st.Owed.End || c.st.isClosed() || c.cancelled():
		return false
	case c.continueDue(ctx) && c.st.pendingBytes() <= maxCarry:
		return false
	}
	return !c.busy() || c.thisTask(ctx).lines == 0
}

// receive opens and writes the next callbacks (activity Receive), and learns what follows from them.
func (c *run) receive(ctx workflow.Context) (over bool, err error) {
	batch := c.nextBatch()
	in := activities.ReceiveInput{
		Where:       c.where(),
		AccountID:   c.in.AccountID,
		CustomerKey: c.in.CustomerKey,
		WorkflowID:  workflow.GetInfo(ctx).WorkflowExecution.ID,
		Callbacks:   batch,
	}
	in.Traceparent = batch[len(batch)-1].Traceparent
	var out activities.ReceiveResult
	c.thisTask(ctx).lines += len(batch)
	if err := c.ledger(ctx, "receive", acts.Receive, in, &out); err != nil {
		c.notReceived(ctx, len(batch), err)
		return false, nil
	}
	if c.st.Begun && !out.Begun && !out.Ending { // an older ledger was restored
		c.st.forget()
	}
	c.st.Begun = out.Begun || out.Ending
	c.apply(ctx, out.Result)
	c.settle(ctx, doReceive, out.Ending && !c.st.Owed.End && !c.st.isClosed())
	if out.Ending {
		return false, nil
	}
	c.st.Pending = slices.Delete(c.st.Pending, 0, len(batch))
	for _, i := range out.Panicked {
		batch[i].Panics++
		c.st.Pending = append(c.st.Pending, batch[i])
	}
	c.st.IdleClose, c.st.Bot, c.st.Traceparent = out.IdleClose, out.Bot, in.Traceparent
	c.st.Lines += out.Lines
	return false, nil
}

// notReceived is called when the ledger cannot take the callbacks. They are then tried one by one. The one that fails goes to
// quarantine unread, so that it holds up nothing.
func (c *run) notReceived(ctx workflow.Context, n int, err error) {
	if activities.ClassOf(err) != activities.Broken || c.st.Pending[0].Quarantine != "" {
		c.failed(ctx, doReceive, err)
		return
	}
	workflow.GetLogger(ctx).Error("receipt of callbacks failed", "callbacks", n, "error", err)
	if n == 1 {
		c.st.Pending[0].Quarantine = quarantineBroken
	}
	for i := range n {
		c.st.Pending[i].Alone = true
	}
}

// nextBatch is the head of the pending callbacks. One with which a try failed goes alone, and so do those that are large
// together: if the local activity fails, the batch is the input of another.
func (c *run) nextBatch() []activities.Callback {
	alone := func(cb activities.Callback) bool { return cb.Alone || cb.Panics > 0 }
	n, bytes := 1, len(c.st.Pending[0].Ciphertext)
	for !alone(c.st.Pending[0]) && n < len(c.st.Pending) && n < activities.MaxReceive && !alone(c.st.Pending[n]) {
		if bytes += len(c.st.Pending[n].Ciphertext); bytes > maxCarry {
			break
		}
		n++
	}
	return slices.Clone(c.st.Pending[:n])
}
