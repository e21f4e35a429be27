package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/wechat"
)

// startSend sends the next message to the customer, one at a time and in order.
func (c *life) startSend(ctx workflow.Context) {
	if c.sending != nil || len(c.st.Sends) == 0 || c.st.Sends[0].NotBefore.After(workflow.Now(ctx)) {
		return
	}
	next := c.st.Sends[0]
	c.sending = workflow.ExecuteActivity(egress(ctx, c.in.AccountID), acts.Send, activities.SendInput{
		Where: c.where(next.Traceparent), AccountID: c.in.AccountID, MessageID: next.MessageID,
	})
}

// sent takes in what a try came to. Sent, failed and unknown are all final here: the ledger has the fate and only a
// person sends again.
func (c *life) sent(ctx workflow.Context) error {
	var out activities.SendResult
	err := c.sending.Get(ctx, &out)
	c.sending = nil
	if err != nil {
		return err
	}
	if out.Status == wechat.SendLater {
		c.st.Sends[0].NotBefore = workflow.Now(ctx).Add(out.After)
		return nil
	}
	c.st.Sends = slices.Delete(c.st.Sends, 0, 1)
	return nil
}
