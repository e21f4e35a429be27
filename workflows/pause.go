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
