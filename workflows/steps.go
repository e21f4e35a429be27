package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/bot"
)

// readSituation asks the ledger how the conversation stands.
func (c *run) readSituation(ctx workflow.Context) (over bool, err error) {
	var out activities.SituationResult
	if err := c.ledger(ctx, "read the situation", acts.ReadSituation, c.where(), &out); err != nil {
		c.failed(ctx, doRead, err)
		return false, nil
	}
	delete(c.st.Pauses, doRead)
	c.st.Stale = false
	if c.nudged && out.Logic > c.st.Logic && c.st.Logic > 0 {
		c.moveOn = true
	}
	if out.Gone {
		c.st.forget()
		return false, nil
	}
	c.apply(ctx, out.Result)
	return false, nil
}

// due has the ledger do what has fallen due. The ledger decides whether something is due, because an offer may have been taken
// meanwhile.
func (c *run) due(ctx workflow.Context) (over bool, err error) {
	first := c.st.Due[0]
	var out activities.Result
	if err := c.ledger(ctx, "do what is due: "+string(first.What), acts.Due, c.where(), &out); err != nil {
		c.failed(ctx, doDue, err)
		return false, nil
	}
	c.apply(ctx, out)
	c.settle(ctx, doDue, len(c.st.Due) > 0 && c.st.Due[0] == first) // by the ledger's clock it is not due yet
	return false, nil
}

// route hands the conversation to people. The holder changes in that activity's transaction; from then on nothing of
// the bot goes out.
func (c *run) route(ctx workflow.Context) (over bool, err error) {
	in := activities.RouteInput{Where: c.where(), Failed: c.st.Failed, Plainly: c.st.Plainly, Briefly: true}
	var out activities.RouteResult
	err = c.ledger(ctx, "hand over to people", acts.Route, in, &out)
	if err == nil && out.Slow {
		in.Briefly = false
		out = activities.RouteResult{}
		err = workflow.ExecuteActivity(ledgerWork(ctx, "hand over to people"), acts.Route, in).Get(ctx, &out)
	}
	switch {
	case err != nil && activities.ClassOf(err) == activities.Broken && !c.st.Plainly:
		workflow.GetLogger(ctx).Error("hand-over failed, default queue used", "error", err)
		c.st.Plainly = true
		return false, nil
	case err != nil:
		c.failed(ctx, doRoute, err)
		return false, nil
	}
	c.st.Failed, c.st.Plainly = false, false
	c.apply(ctx, out.Result)
	c.settle(ctx, doRoute, c.st.Owed.HandOver)
	return false, nil
}

// ask has the bot answer the oldest message that waits for it. The FAQ is asked at once, because the ledger has its entries. A
// webhook bot may be slow, so the run goes on meanwhile.
func (c *run) ask(ctx workflow.Context) (over bool, err error) {
	in := activities.AskInput{Where: c.where(), Bot: c.st.Bot}
	if c.st.Bot == bot.KindWebhook {
		c.calls++
		c.asking = inFlight{Future: workflow.ExecuteActivity(botWork(ctx), acts.Ask, in), calls: c.calls}
		return false, nil
	}
	var out activities.AskResult
	err = c.ledger(ctx, "ask the bot", acts.Ask, in, &out)
	c.tookAnswer(ctx, out, err, c.apply)
	return false, nil
}

// asked takes in what came of asking a webhook.
func (c *run) asked(ctx workflow.Context, f inFlight) {
	var out activities.AskResult
	err := f.Get(ctx, &out)
	c.tookAnswer(ctx, out, err, func(ctx workflow.Context, r activities.Result) { c.applyLate(ctx, f, r) })
}

// tookAnswer applies the result of asking. Any failure of a bot ends with people. If the ledger does not know of the failure yet, the
// hand-over tells it.
func (c *run) tookAnswer(ctx workflow.Context, out activities.AskResult, err error, apply func(workflow.Context, activities.Result)) {
	if err != nil {
		c.st.Failed = true
		c.failed(ctx, doAsk, err)
		return
	}
	apply(ctx, out.Result)
	switch out.Outcome {
	case activities.AskAnswered, activities.AskFailed:
		c.did(ctx, doAsk, string(out.Outcome)+string(out.TurnID), c.st.Owed.Turn)
	case activities.AskOtherBot:
		c.st.Bot = out.Bot
		c.did(ctx, doAsk, "other bot", c.st.Owed.Turn)
	default:
		c.did(ctx, doAsk, "", c.st.Owed.Turn)
	}
}

// send sends the next message to the customer, one at a time and in order: directly, or over the queue, which goes on beside the
// loop.
func (c *run) send(ctx workflow.Context) (over bool, err error) {
	in := activities.SendInput{Where: c.where(), AccountID: c.in.AccountID, Reserved: !c.st.PermitAt.IsZero()}
	if c.mayDirect(ctx) {
		c.calls++
		c.task.sent = true
		direct := in
		direct.Direct = true
		var out activities.SendResult
		err := workflow.ExecuteLocalActivity(local(ctx, directTime, "send to WeChat"), acts.Send, direct).Get(ctx, &out)
		if err == nil && !out.Queue {
			c.apply(ctx, out.Result)
			c.tookOutcome(ctx, out)
			return false, nil
		}
		if err != nil && activities.ClassOf(err) == activities.Broken {
			workflow.GetLogger(ctx).Error("direct send failed, task queue used", "error", err)
		}
	}
	c.calls++
	c.st.PermitAt = time.Time{}
	c.sending = inFlight{Future: workflow.ExecuteActivity(egress(ctx, c.in.AccountID), acts.Send, in), calls: c.calls}
	return false, nil
}

// mayDirect reports whether a message may be sent in this workflow task: the answer to a message that came alone, or a message of a
// person. So a task that is repeated in a flood sends nothing directly, and no task sends twice.
func (c *run) mayDirect(ctx workflow.Context) bool {
	return c.timeLeft(ctx) > 0 && !c.task.sent && c.task.lines <= 1 && c.st.PermitAt.IsZero()
}

// sent takes in what came of a send over the queue.
func (c *run) sent(ctx workflow.Context, f inFlight) {
	var out activities.SendResult
	if err := f.Get(ctx, &out); err != nil {
		c.failed(ctx, doSend, err)
		return
	}
	c.applyLate(ctx, f, out.Result)
	c.tookOutcome(ctx, out)
}

// tookOutcome applies the result of one try to send. Sent, failed and unknown are final here: the ledger has the result, and only a
// person sends again.
func (c *run) tookOutcome(ctx workflow.Context, out activities.SendResult) {
	if out.Reserved {
		c.st.PermitAt = workflow.Now(ctx).Add(out.After)
		return
	}
	if out.After > 0 {
		c.st.Owed.Send, c.st.Owed.SendAt = true, workflow.Now(ctx).Add(out.After)
		return
	}
	key := ""
	if out.MessageID != "" {
		key = string(out.MessageID) + string(out.Status)
	}
	c.did(ctx, doSend, key, c.st.Owed.Send && !c.st.Owed.SendAt.After(workflow.Now(ctx)))
}
