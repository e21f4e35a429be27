package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

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
