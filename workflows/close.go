package workflows

import (
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// close ends the conversation in the ledger. It is an ordinary activity. The server rejects the end of a run that has received
// something meanwhile, and would run every local activity of that task again.
func (c *run) close(why conversation.CloseReason) step {
	return func(ctx workflow.Context) (over bool, err error) {
		before := c.st.Standing
		c.st.State, c.st.Due, c.st.Offer = conversation.StateClosed, nil, nil
		if err := c.show(ctx); err != nil {
			return false, err
		}
		c.calls++
		var out activities.Result
		err = workflow.ExecuteActivity(ledgerWork(ctx, "close"), acts.Close, activities.CloseInput{Where: c.where(), Reason: why}).Get(ctx, &out)
		if err != nil {
			c.st.Standing = before
			c.failed(ctx, doClose, err)
			return false, nil
		}
		c.apply(ctx, out)
		return false, nil
	}
}

// over ends the run. Callbacks that have arrived meanwhile begin the customer's next conversation.
func (c *run) over(ctx workflow.Context) (over bool, err error) {
	c.drain(ctx)
	if len(c.st.Pending) > 0 {
		return c.beginNext(ctx)
	}
	if err := c.show(ctx); err != nil {
		return false, err
	}
	return true, c.cancellable.Err()
}

// beginNext begins the next conversation: in a new run, or, if there is too much to carry, in this one until enough is
// received.
func (c *run) beginNext(ctx workflow.Context) (over bool, err error) {
	c.st = State{
		Schema: schema, Logic: c.st.Logic, Number: c.st.Number + 1, LastActivity: c.st.LastActivity,
		Conversation: nextID(runID(ctx), c.st.Number+1), Seen: c.st.Seen, Pending: c.st.Pending,
	}
	c.moveOn, c.cancellable = true, ctx // an operator has cancelled the conversation before
	if c.st.pendingBytes() > maxCarry {
		return false, nil
	}
	return c.continueAsNew(ctx)
}
