package lifecycle

import (
	"cmp"
	"slices"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Timing is what decides when something falls due for a conversation.
type Timing struct {
	State    conversation.State
	Holder   conversation.Holder
	Since    time.Time
	Until    time.Time // put aside until then; zero: until the customer writes
	Ending   bool      // the end is wished
	Deadline time.Time // of the offer that stands; zero: none does
	ShowBy   time.Time // by when the agent's desk has to show that offer; zero: it does, or need not say so
	QueuedAt time.Time // of the work item that waits; zero: none does
	Overflow routing.Overflow

	AutoClose                           time.Duration
	OpenLimit, ActiveLimit, WrapUpLimit time.Duration
}

// Due lists what falls due while the conversation stays like this, soonest first. Silence of the customer also ends a conversation
// that a bot has or that waits in a queue. That is the run's business, which knows when the customer wrote.
func (t Timing) Due() (list []conversation.Due) {
	if t.Ending || t.State == conversation.StateClosed {
		return nil
	}
	add := func(what conversation.DueKind, at time.Time) {
		list = append(list, conversation.Due{What: what, At: at.UTC()})
	}
	if !t.Deadline.IsZero() {
		add(conversation.DueOffer, t.Deadline)
	}
	if !t.ShowBy.IsZero() {
		add(conversation.DueUnseen, t.ShowBy)
	}
	switch {
	case t.State == conversation.StateOpen:
		add(conversation.DueLimit, t.Since.Add(t.OpenLimit))
	case t.State == conversation.StateWrapUp:
		add(conversation.DueLimit, t.Since.Add(t.WrapUpLimit))
	case t.State == conversation.StateActive && t.Holder == conversation.HolderAgent:
		add(conversation.DueLimit, t.Since.Add(t.ActiveLimit))
	case t.State == conversation.StateWaiting:
		add(conversation.DueIdle, t.Since.Add(t.AutoClose))
		if !t.Until.IsZero() {
			add(conversation.DueReturn, t.Until)
		}
	}
	if !t.QueuedAt.IsZero() && t.Overflow.Wait != nil {
		add(conversation.DueOverflow, t.QueuedAt.Add(time.Duration(t.Overflow.Wait.Seconds)*time.Second))
	}
	slices.SortStableFunc(list, func(a, b conversation.Due) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.What, b.What))
	})
	return list
}

// timing is when something falls due as things stand.
func (s Snapshot) timing() Timing {
	t := Timing{
		State: s.State, Holder: s.Holder, Since: s.Since, Until: s.Until, Ending: s.Wishes.Ending != "",
		Overflow: s.overflow(), AutoClose: s.AutoClose,
		OpenLimit: s.Workstream.OpenLimit, ActiveLimit: s.Workstream.ActiveLimit, WrapUpLimit: s.Workstream.WrapUpLimit,
	}
	if s.Live != nil && s.Live.State == Offered {
		t.Deadline, t.ShowBy = s.Live.Deadline, s.Live.ShowBy
	}
	if s.Item != nil && s.Item.State == ItemWaiting {
		t.QueuedAt = s.Item.QueuedAt
	}
	return t
}

// overflow is what the rule says that chose the queue, or else the queue.
func (s Snapshot) overflow() routing.Overflow {
	if s.Item != nil && s.Item.Overflow != nil {
		return *s.Item.Overflow
	}
	return s.Overflow
}

// DueNow returns the kind of what has fallen due first, or "" if nothing has.
func DueNow(now time.Time, s Snapshot) conversation.DueKind {
	if list := s.timing().Due(); len(list) > 0 && !list[0].At.After(now) {
		return list[0].What
	}
	return ""
}

// Due does what has fallen due first. An offer that was not answered, or that the agent's desk did not show, goes to the next agent. A
// conversation that was put aside comes back. One that has waited too long in a queue overflows. One that has been in its state for too
// long is ended. If nothing is due it changes nothing.
func Due(now time.Time, s Snapshot) Change {
	d := newDraft(now, s)
	switch DueNow(now, s) {
	case conversation.DueOffer:
		d.miss()
	case conversation.DueUnseen:
		d.decline(NotSeen)
	case conversation.DueReturn:
		d.comeBack()
	case conversation.DueOverflow:
		d.overflowNow()
	case conversation.DueIdle:
		d.wishEnd(conversation.ClosedIdle)
	case conversation.DueLimit:
		d.wishEnd(conversation.ClosedStateLimit)
	default:
		return Change{}
	}
	return d.finish()
}

// miss takes back an offer that the agent has not answered.
func (d *draft) miss() {
	if d.Workstream.MissedInactive {
		d.setPresence(d.Live.Agent, routing.Inactive, false)
	}
	d.decline(Missed)
}

// comeBack returns a conversation that was put aside to its agent. If the agent is not present or has no room, it waits for them in
// its queue as if the customer had written.
func (d *draft) comeBack() {
	agent, known := d.Agents[d.Agent]
	if known && d.Item != nil && d.takes(agent) == "" {
		d.goOn()
		d.step(Step{What: StepResumed, Reason: string(conversation.DueReturn)})
		return
	}
	d.openAgain()
	d.step(Step{What: StepResumed, Queue: d.Queue, Reason: string(conversation.DueReturn)})
}

// overflowNow moves a conversation that has waited too long to another queue, or ends it, as the queue or the rule that chose the
// queue says. If that names no possible action, if no other queue takes it now, or if it has moved from queue to queue often enough,
// its time begins again.
func (d *draft) overflowNow() {
	trace := OverflowTrace{From: d.Queue}
	action := d.overflow().Wait.OverflowAction
	switch {
	case action.Do == routing.OverflowEnd:
		if !d.Mute {
			d.automated(routing.NoticeFull, "", 0)
		}
		trace.NoticeID, trace.End = d.change.MessageID(), true
		d.wishEnd(conversation.ClosedOverflow)
	case action.Do != routing.OverflowTransfer:
		trace.Reason = "no-action"
	case d.Hops >= routing.MaxHops:
		trace.Reason = "too-many-hops"
	default:
		trace.To, trace.Reason = routing.Onward(d.now, d.Queue, action.QueueID, d.Queues)
	}
	d.change.Trace = &Trace{StageOverflow, trace}
	switch {
	case trace.To != "":
		d.waitAgain(trace.To, "", true)
		d.step(Step{What: StepTransferred, Queue: trace.To, Reason: string(conversation.DueOverflow)})
	case !trace.End:
		d.changeItem(func(i *Item) { i.QueuedAt = d.now })
		d.revised = true
	}
}

// OverflowTrace is the trace of a conversation that waited too long in its queue.
type OverflowTrace struct {
	From     conversation.QueueID   `json:"from"`
	To       conversation.QueueID   `json:"to,omitempty"`
	End      bool                   `json:"end,omitempty"`
	NoticeID conversation.MessageID `json:"notice_id,omitempty"`
	Reason   string                 `json:"reason,omitempty"` // why nothing was done
}
