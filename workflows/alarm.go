package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// Kinds of steps that are put off one by one.
const (
	doRead    = "read"
	doReceive = "receive"
	doDue     = "due"
	doRoute   = "route"
	doSend    = "send"
	doAsk     = "ask"
	doClose   = "close"
)

const (
	firstPause = time.Second
	maxPause   = 30 * time.Second
)

// Pause keeps a step from being repeated at once when it has changed nothing.
type Pause struct {
	Until time.Time     `json:",omitzero"`
	Wait  time.Duration `json:",omitempty"`
	Did   string        `json:",omitempty"` // what the step did the last time
}

// pause puts a step off: after it the same is owed as before.
func (c *run) pause(ctx workflow.Context, what string) {
	p := c.st.Pauses[what]
	p.Wait = min(max(2*p.Wait, firstPause), maxPause)
	p.Until = workflow.Now(ctx).Add(p.Wait)
	c.keep(what, p)
}

// settle notes that a step succeeded. If the same step is still owed, it is put off, longer each time.
func (c *run) settle(ctx workflow.Context, what string, still bool) {
	if still {
		c.pause(ctx, what)
		return
	}
	delete(c.st.Pauses, what)
}

// did notes the result of a step. If the same step is still owed, and it did nothing or the same as the last time, it is put off.
func (c *run) did(ctx workflow.Context, what, key string, still bool) {
	if still && (key == "" || key == c.st.Pauses[what].Did) {
		c.pause(ctx, what)
		return
	}
	c.keep(what, Pause{Did: key})
}

func (c *run) keep(what string, p Pause) {
	if c.st.Pauses == nil {
		c.st.Pauses = map[string]Pause{}
	}
	c.st.Pauses[what] = p
}

// alarm is the run's only timer. It is not moved to a later time: a timer that fires too early costs only a look. So a message that
// puts off the idle close starts no new timer.
type alarm struct {
	at     time.Time
	timer  workflow.Future
	cancel workflow.CancelFunc
}

func (a *alarm) rings() bool { return a.timer != nil && a.timer.IsReady() }

// setAlarm sets the timer so that the run goes on when the next thing falls due.
func (c *run) setAlarm(ctx workflow.Context) {
	at := c.nextAt(workflow.Now(ctx))
	if c.alarm.timer != nil && !c.alarm.timer.IsReady() {
		if at.IsZero() || !c.alarm.at.After(at) {
			return
		}
		c.alarm.cancel()
	}
	c.alarm = alarm{}
	if at.IsZero() {
		return
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	c.alarm = alarm{at: at, cancel: cancel, timer: workflow.NewTimerWithOptions(timerCtx,
		max(at.Sub(workflow.Now(ctx)), time.Millisecond), workflow.TimerOptions{Summary: "next thing due"})}
}

// nextAt is the first moment after now at which next may find something to do though no signal comes; zero for never. It may name a
// moment at which there is nothing to do.
func (c *run) nextAt(now time.Time) (first time.Time) {
	moments := []time.Time{c.dueAt(), c.idleAt()}
	if c.st.Owed.Send {
		moments = append(moments, c.sendAt())
	}
	if c.st.Owed.Turn {
		moments = append(moments, c.askAt())
	}
	for _, what := range []string{doRead, doReceive, doRoute, doClose} {
		moments = append(moments, c.st.Pauses[what].Until)
	}
	for _, at := range moments {
		if at.After(now) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// sendAt, askAt and dueAt are when a step may be done that is owed: what the ledger said, and how long the run puts it off.
func (c *run) sendAt() time.Time {
	return later(later(c.st.Owed.SendAt, c.st.PermitAt), c.st.Pauses[doSend].Until)
}
func (c *run) askAt() time.Time { return later(c.st.Owed.TurnAt, c.st.Pauses[doAsk].Until) }

// dueAt is when the first thing falls due that the conversation's standing brings: an offer ends, a wait is over; zero for
// never.
func (c *run) dueAt() time.Time {
	if len(c.st.Due) == 0 {
		return time.Time{}
	}
	return later(c.st.Due[0].At, c.st.Pauses[doDue].Until)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
