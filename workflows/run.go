package workflows

import (
	"go.temporal.io/sdk/workflow"

	"wxdesk/internal/conversation"
)

// run is the life of a conversation, one step after the other, until it ends or continues as new.
//
// An operator's cancellation ends the conversation like any other close, so everything runs on a context that outlives
// it.
func (c *life) run(cancellable workflow.Context) error {
	ctx, cancel := workflow.NewDisconnectedContext(cancellable)
	defer cancel()
	for {
		c.drain(ctx)
		if err := c.collect(ctx); err != nil {
			return err
		}
		if c.closing == nil && cancellable.Err() != nil && c.st.Begun {
			c.toEnd(conversation.ClosedByPerson)
		}

		switch {
		case c.readFirst(ctx):
			if err := c.receive(ctx); err != nil {
				return err
			}
			continue
		case len(c.jobs) > 0 && c.closing == nil: // before receiving: what comes with a close begins the next conversation
			if err := c.perform(ctx); err != nil {
				return err
			}
			continue
		case c.mayReceive(ctx):
			if err := c.receive(ctx); err != nil {
				return err
			}
			continue
		case !c.st.Begun && len(c.st.Pending) == 0: // met only repeats: ends without a trace
			return cancellable.Err()
		case c.closing != nil && !c.busy():
			if err := c.end(ctx); err != nil {
				return err
			}
			return cancellable.Err()
		case c.continueDue(ctx):
			if c.mayContinue(ctx) {
				return c.continueAsNew(ctx)
			}
		case c.closing == nil:
			again, err := c.work(ctx)
			if err != nil {
				return err
			}
			if again {
				continue
			}
		}

		c.showCard(ctx)
		if err := c.wait(ctx, cancellable); err != nil {
			return err
		}
	}
}

// work starts what can be started: what is due, a hand-over, an Ask, a Send. It says whether to look again at once.
func (c *life) work(ctx workflow.Context) (again bool, err error) {
	if c.isDue(ctx) {
		return true, c.due(ctx)
	}
	if c.st.Escalation != nil && c.sentSoFar(ctx) {
		return true, c.route(ctx)
	}
	if len(c.st.Turns) == 0 && c.st.TurnsAfter != "" {
		return true, c.fetchTurns(ctx)
	}
	c.startSend(ctx)
	c.startAsk(ctx)
	switch {
	case !c.quiet():
		return false, nil
	case c.st.Ending != "":
		c.toEnd(c.st.Ending)
		return true, nil
	case c.isIdle(ctx):
		c.toEnd(conversation.ClosedIdle)
		return true, nil
	}
	return false, nil
}

// quiet reports whether there is nothing left to do for what the customer wrote.
func (c *life) quiet() bool {
	return !c.busy() && len(c.st.Turns) == 0 && c.st.TurnsAfter == "" && len(c.st.Sends) == 0 && c.st.Escalation == nil
}

// busy reports whether an activity is under way that the run must see through.
func (c *life) busy() bool { return c.asking != nil || c.sending != nil }

// collect takes in what has come back from an Ask or a Send.
func (c *life) collect(ctx workflow.Context) error {
	if c.asking != nil && c.asking.IsReady() {
		if err := c.asked(ctx); err != nil {
			return err
		}
	}
	if c.sending != nil && c.sending.IsReady() {
		return c.sent(ctx)
	}
	return nil
}

// wait sleeps until there is something that the loop can act upon. Its condition names exactly what the loop looks at;
// otherwise it would spin or sleep for ever.
func (c *life) wait(ctx, cancellable workflow.Context) error {
	c.setAlarm(ctx)
	return workflow.Await(ctx, func() bool {
		return c.inbox.Len() > 0 || c.assigned.Len() > 0 || c.nudges.Len() > 0 ||
			c.mayReceive(ctx) ||
			len(c.jobs) > 0 && c.closing == nil ||
			c.asking != nil && c.asking.IsReady() ||
			c.sending != nil && c.sending.IsReady() ||
			c.alarm.rings() ||
			c.closing != nil && !c.busy() ||
			c.closing == nil && cancellable.Err() != nil ||
			c.continueDue(ctx) && c.mayContinue(ctx)
	})
}
