package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// FailureClosed is the type of the error with which a command for a conversation that has ended is refused.
const FailureClosed = "conversation-closed"

// Close asks the conversation to end.
type Close struct {
	Conversation conversation.ID
	CommandID    string
}

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

// mayClose refuses a command that is for another conversation; the one it was for has ended.
func (c *life) mayClose(_ workflow.Context, cmd Close) error {
	if cmd.Conversation != c.st.Conversation || !c.st.Begun {
		return temporal.NewNonRetryableApplicationError("the conversation has ended", FailureClosed, nil)
	}
	return nil
}

// close answers once the ledger has the end. A second command meanwhile waits for the same end.
func (c *life) close(ctx workflow.Context, cmd Close) error {
	c.drain(ctx)
	ended, settle := workflow.NewFuture(ctx)
	c.toEnd(conversation.ClosedByPerson)
	c.closing.waiting = append(c.closing.waiting, settle)
	return ended.Get(ctx, nil)
}

// end closes the conversation: first in the ledger, then for those who asked, then the run. What arrived meanwhile
// begins the next conversation.
func (c *life) end(ctx workflow.Context) error {
	c.st.State = conversation.StateClosed
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
		for _, settle := range c.closing.waiting {
			settle.Set(nil, nil)
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
