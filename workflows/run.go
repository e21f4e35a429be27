package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
)

// step is one thing that the run does. It returns true if the run is over.
type step func(ctx workflow.Context) (over bool, err error)

// loop does one step after another, until the conversation ends or continues as new.
//
// An operator's cancellation ends the conversation like any other close, so everything runs on a context that outlives it.
func (c *run) loop() error {
	ctx, cancel := workflow.NewDisconnectedContext(c.cancellable)
	defer cancel()
	for {
		c.drain(ctx)
		c.collect(ctx)
		next := c.next(ctx)
		if next == nil {
			if err := c.wait(ctx); err != nil {
				return err
			}
			continue
		}
		if over, err := next(ctx); over || err != nil {
			return err
		}
	}
}

// next is the one place that decides what the run does. It returns the first step of this list that is owed and may be done now, or
// nil if there is nothing to do until something happens. It changes nothing, so it also says what the run waits for.
func (c *run) next(ctx workflow.Context) step {
	now, owed := workflow.Now(ctx), c.st.Owed
	may := func(what string) bool { return !c.st.Pauses[what].Until.After(now) }
	sendable := owed.Send && !c.sendAt().After(now) // WeChat would be tried now
	lost := !c.st.Begun && len(c.st.Pending) == 0   // it met only repeats, or the ledger has lost it: ends without a trace
	switch {
	case c.st.Stale && c.st.Begun && may(doRead):
		return c.readSituation
	case c.mayReceive(ctx) && may(doReceive):
		return c.receive
	case c.busy() && (lost || c.st.isClosed() || c.cancelled() || c.continueDue(ctx)): // what is under way is seen through
		return nil
	case lost, c.st.isClosed():
		return c.over
	case c.cancelled() && may(doClose):
		return c.close(conversation.ClosedByPerson)
	case owed.End && !c.busy() && !sendable && (!owed.Send || len(c.st.Pending) > 0) && may(doClose):
		return c.close(conversation.ClosedSuperseded) // the reason that was wished goes before it
	case c.continueDue(ctx):
		if c.mayReceive(ctx) { // put off; it is too much to carry
			return nil
		}
		return c.continueAsNew
	case !owed.End && !c.dueAt().IsZero() && !c.dueAt().After(now):
		return c.due
	case c.handOverOwed() && !owed.End && !c.busy() && !sendable && may(doRoute):
		return c.route
	case sendable && !c.sending.underWay():
		return c.send
	case owed.Turn && !owed.End && !c.handOverOwed() && c.st.Holder == conversation.HolderBot && !c.asking.underWay() && !c.askAt().After(now):
		return c.ask
	case c.quiet() && len(c.st.Pending) == 0 && !c.idleAt().IsZero() && !c.idleAt().After(now) && may(doClose):
		return c.close(conversation.ClosedIdle)
	}
	return nil
}

// handOverOwed reports whether people are to get the conversation.
func (c *run) handOverOwed() bool { return c.st.Owed.HandOver || c.st.Failed }

// quiet reports whether everything that the customer wrote is dealt with.
func (c *run) quiet() bool { return !c.busy() && c.st.Owed.nothing() && !c.st.Failed }

// busy reports whether an activity is under way that the run must see through.
func (c *run) busy() bool { return c.asking.underWay() || c.sending.underWay() }

// cancelled reports whether an operator has cancelled the run.
func (c *run) cancelled() bool { return c.cancellable.Err() != nil && c.st.Begun }

// collect takes in what has come back from an Ask or a Send.
func (c *run) collect(ctx workflow.Context) {
	if c.asking.isOver() {
		f := c.asking
		c.asking = inFlight{}
		c.asked(ctx, f)
	}
	if c.sending.isOver() {
		f := c.sending
		c.sending = inFlight{}
		c.sent(ctx, f)
	}
}

// wait sleeps until there is something to do.
func (c *run) wait(ctx workflow.Context) error {
	if err := c.show(ctx); err != nil {
		return err
	}
	c.setAlarm(ctx)
	workflow.GetLogger(ctx).Debug("run waits", "nothing_owed", c.quiet() && len(c.st.Pending) == 0 && !c.st.Stale,
		"busy", c.busy(), "alarm", !c.alarm.at.IsZero())
	return workflow.Await(ctx, func() bool {
		return c.inbox.Len() > 0 || c.signals[0].Len() > 0 || c.signals[1].Len() > 0 || c.nudges.Len() > 0 ||
			c.asking.isOver() || c.sending.isOver() || c.alarm.rings() || c.next(ctx) != nil
	})
}

// idleAt is the moment at which silence ends a conversation that a bot has or that waits in a queue; zero for never. If an agent has
// the conversation, the ledger says what falls due.
func (c *run) idleAt() time.Time {
	if c.st.Holder == conversation.HolderAgent || c.st.Offer != nil || !c.st.Begun {
		return time.Time{}
	}
	idle := c.st.IdleClose
	if idle == 0 {
		idle = account.DefaultIdleClose
	}
	return c.st.LastActivity.Add(idle)
}
