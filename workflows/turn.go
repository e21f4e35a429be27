package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// askAgain is the pause after the ledger was out of reach.
const askAgain = 2 * time.Second

// startAsk asks the bot about the next turn, one at a time and in order.
func (c *life) startAsk(ctx workflow.Context) {
	if c.asking != nil || len(c.st.Turns) == 0 || c.st.Holder != conversation.HolderBot ||
		c.st.Escalation != nil || c.st.Ending != "" || c.backedUp(ctx) {
		return
	}
	turn := c.st.Turns[0]
	if turn.NotBefore.After(workflow.Now(ctx)) {
		return
	}
	c.asking = workflow.ExecuteActivity(botWork(ctx, c.st.Bot), acts.Ask, activities.AskInput{
		Where: c.where(turn.Traceparent), TurnID: turn.MessageID, Epoch: c.st.Epoch,
	})
}

// asked takes in the bot's answer. Whatever goes wrong with a bot ends with people.
func (c *life) asked(ctx workflow.Context) error {
	var out activities.AskResult
	err := c.asking.Get(ctx, &out)
	c.asking = nil
	if err != nil { // a worker was lost on every try
		workflow.GetLogger(ctx).Error("asking the bot failed for good", "error", err)
		out = activities.AskResult{Outcome: activities.AskFailed}
	}
	turn := c.st.Turns[0]
	if out.Outcome == activities.AskLater {
		c.st.Turns[0].NotBefore = workflow.Now(ctx).Add(askAgain)
		return nil
	}
	c.st.Turns = slices.Delete(c.st.Turns, 0, 1)
	for _, id := range out.Messages {
		c.st.Sends = append(c.st.Sends, Sending{MessageID: id, Traceparent: turn.Traceparent})
	}
	switch {
	case out.Outcome == activities.AskFailed:
		c.escalate(turn, activities.EscalatedFailed, "")
	case out.Command == conversation.CommandEscalate:
		c.escalate(turn, activities.EscalatedByBot, out.QueueID)
	case out.Command == conversation.CommandEnd:
		c.st.Ending = conversation.ClosedByBot
		c.st.forgetTurns()
	}
	return nil
}

// escalate notes that people are wanted. Turns that the bot has not taken stay lines for the agent to read.
func (c *life) escalate(turn Turn, why activities.EscalationReason, queue conversation.QueueID) {
	c.st.Escalation = &Escalation{Turn: turn, Reason: why, QueueID: queue}
	c.st.forgetTurns()
}

// sentSoFar reports whether the bot's earlier answers are out, so that handing over, which drops unsent ones, drops
// nothing that can go out now. It does not wait for a WeChat that is away.
func (c *life) sentSoFar(ctx workflow.Context) bool {
	return c.sending == nil && (len(c.st.Sends) == 0 || c.st.Sends[0].NotBefore.After(workflow.Now(ctx)))
}

// route hands the conversation to people. The holder changes in that activity's transaction; from then on nothing of
// the bot goes out.
func (c *life) route(ctx workflow.Context) error {
	want := *c.st.Escalation
	var out activities.RouteResult
	err := workflow.ExecuteActivity(ledgerWork(ctx, "hand over to people"), acts.Route, activities.RouteInput{
		Where: c.where(want.Turn.Traceparent), TurnID: want.Turn.MessageID, Epoch: c.st.Epoch,
		Reason: want.Reason, QueueID: want.QueueID,
	}).Get(ctx, &out)
	if err != nil {
		return err
	}
	c.st.Escalation = nil
	if out.Stale {
		return nil
	}
	c.st.forgetTurns()
	c.stand(out.Standing)
	c.drop(out.Dropped)
	c.st.Sends = append(c.st.Sends, Sending{MessageID: out.NoticeID, Traceparent: want.Turn.Traceparent})
	c.st.Ending = out.Closing
	return c.showState(ctx)
}
