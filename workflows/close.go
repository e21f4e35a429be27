package workflows

import (
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// closing is the wish to end, with those who wait for it.
type closing struct {
	reason  conversation.CloseReason
	waiting []workflow.Settable
}

// toEnd begins the end. The first reason stands: a command may come while a step that ends the conversation waits, and
// whoever waits for the end must not be forgotten.
func (c *life) toEnd(why conversation.CloseReason) {
	if c.closing == nil {
		c.closing = &closing{reason: why}
	}
}

// end closes the conversation: first in the ledger, then for those who asked, then the run. What arrived meanwhile
// begins the next conversation.
func (c *life) end(ctx workflow.Context) error {
	c.st.State = conversation.StateClosed
	c.st.Due, c.st.Offer = nil, nil
	if err := c.showState(ctx); err != nil {
		return err
	}
	err := workflow.ExecuteActivity(ledgerWork(ctx, "close"), acts.Close, activities.CloseInput{
		Where: c.where(""), Reason: c.closing.reason,
	}).Get(ctx, nil)
	if err != nil {
		return err
	}
	for {
		c.refuseJobs()
		for _, settle := range c.closing.waiting {
			settle.Set(conversation.Commanded{Standing: c.st.Standing}, nil)
		}
		c.closing.waiting = nil
		if err := workflow.Await(ctx, func() bool {
			return workflow.AllHandlersFinished(ctx) || len(c.closing.waiting) > 0
		}); err != nil {
			return err
		}
		if len(c.closing.waiting) == 0 {
			break
		}
	}
	c.showCard(ctx)
	c.drain(ctx)
	if len(c.st.Pending) > 0 {
		return c.beginNext(ctx)
	}
	return nil
}

// refuseJobs answers the commands that the end has overtaken.
func (c *life) refuseJobs() {
	for _, late := range c.jobs {
		late.done.Set(conversation.Commanded{Refused: conversation.RefusedClosed, Standing: c.st.Standing}, nil)
	}
	c.jobs = nil
}
