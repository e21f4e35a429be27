package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// alarm is the run's only timer. It is armed lazily: one that rings too early costs nothing but a look, so a message
// that puts off the idle close starts no new timer.
type alarm struct {
	at     time.Time
	timer  workflow.Future
	cancel workflow.CancelFunc
}

func (a *alarm) rings() bool { return a.timer != nil && a.timer.IsReady() }

// setAlarm sees to it that the run wakes when the next thing falls due.
func (c *life) setAlarm(ctx workflow.Context) {
	at := c.dueNext(ctx)
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

// dueNext is when the loop has to look again though nothing happens; zero for never. What is under way wakes the loop
// when it ends.
func (c *life) dueNext(ctx workflow.Context) time.Time {
	if c.closing != nil || c.continueDue(ctx) {
		return time.Time{}
	}
	var due time.Time
	for _, at := range c.waits() {
		if at.After(workflow.Now(ctx)) && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	return due
}

// waits are the moments at which something falls due: silence where nothing is left to do, what the conversation's standing
// brings, and those before which the next turn and the next message may not be tried again.
func (c *life) waits() (at []time.Time) {
	at = append(at, c.dueAt())
	if c.quiet() {
		return append(at, c.idleAt())
	}
	if len(c.st.Turns) > 0 && c.asking == nil {
		at = append(at, c.st.Turns[0].NotBefore)
	}
	if len(c.st.Sends) > 0 && c.sending == nil {
		at = append(at, c.st.Sends[0].NotBefore)
	}
	return at
}
