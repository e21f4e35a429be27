package routing

import (
	"cmp"
	"slices"
	"time"

	"wxdesk/internal/conversation"
)

// candidate is a queue that a conversation may go to, with what happens if it should take no more: the queue's own
// settings, or the rule's in their place (RTQ-5).
type candidate struct {
	*QueueNow
	overflow Overflow
	rules    *Overflow // the same where it is a rule's
}

// overflow does what a queue's overflow says. If the conversation is transferred, the next queue is asked again whether
// it overflows, until one takes it or it has gone far enough; then the last one does, anyway (L06).
func (d *decider) overflow(c candidate) {
	been := map[conversation.QueueID]bool{}
	for hops := d.q.Hops; ; hops++ {
		been[c.ID] = true
		if hops > d.q.Hops && d.isEmpty(c) {
			d.fallBack()
			d.Notice = NoticeNobody
			return
		}
		action, why := c.overflows(d.q.Now)
		if hops > d.q.Hops && why != "" {
			d.traceOverflow(c, why)
		}
		switch {
		case why == "":
			d.enter(c, "")
			return
		case action.Do == OverflowEnd:
			d.end(c, why)
			return
		case action.Do != OverflowTransfer:
			d.enter(c, reasonAnyway)
			return
		}
		next, known := d.queues[action.QueueID]
		switch {
		case !known:
			d.traceQueue(action.QueueID, queueUnknown, "")
			d.alert(alertUnknownQueue)
			d.enter(c, reasonAnyway)
			return
		case been[next.ID], hops >= MaxHops:
			d.alert(alertOverflowLimit)
			d.enter(c, reasonHops)
			return
		}
		c = candidate{next, next.Overflow, nil}
	}
}

// Onward returns the queue that takes a conversation that has waited too long in another queue: the queue that it is to be
// transferred to, if that is open, has room and agents, or says that it takes more anyway; otherwise the queue that this one
// transfers to (OVF-5, OVF-6). It returns "" if there is none: then the conversation stays, for the reason of the last queue. Another
// queue's action end is not applied.
func Onward(now time.Time, from, to conversation.QueueID, queues []QueueNow) (taken conversation.QueueID, why string) {
	been := map[conversation.QueueID]bool{from: true}
	for {
		i := slices.IndexFunc(queues, func(q QueueNow) bool { return q.ID == to })
		if i < 0 || been[to] {
			return "", cmp.Or(why, reasonNowhere)
		}
		been[to] = true
		next := candidate{&queues[i], queues[i].Overflow, nil}
		var action OverflowAction
		action, why = next.overflows(now)
		unasked := next.overflow.OutOfHours == nil && why != reasonFull // closed, and nobody has said that it takes more
		switch {
		case action.Do == OverflowTransfer:
			to = action.QueueID
		case next.Members == 0:
			return "", queueEmpty
		case why == "", action.Do == OverflowAssign && !unasked:
			return to, ""
		default:
			return "", why
		}
	}
}

// end has the conversation ended out of a queue (OVF-3).
func (d *decider) end(c candidate, why string) {
	d.QueueID, d.End = c.ID, true
	d.Notice = NoticeFull
	if why != reasonFull {
		d.Notice = c.notice(d.q.Now)
	}
	d.traceQueue(c.ID, queueChosen, reasonEnds)
}

// overflows says what is done because the queue should take no more, and why; "" if it may. Hours are asked first (OVF-4).
func (c candidate) overflows(now time.Time) (action OverflowAction, why string) {
	if closed := c.closed(now); closed != "" {
		if c.overflow.OutOfHours == nil {
			return OverflowAction{Do: OverflowAssign}, closed
		}
		return *c.overflow.OutOfHours, closed
	}
	if full := c.overflow.Full; full != nil && c.Waiting >= full.Items {
		return full.OverflowAction, reasonFull
	}
	return OverflowAction{}, ""
}

// closed says why the queue is closed, "" when it is open.
func (q *QueueNow) closed(now time.Time) string {
	if q.Hours == nil || q.Hours.Open(now) {
		return ""
	}
	if _, is := q.Hours.Holiday(now); is {
		return reasonHoliday
	}
	return reasonOutOfHours
}

// opens is when the queue is next open: now if it is, in the far future if it never is.
func (q *QueueNow) opens(now time.Time) time.Time {
	if q.Hours == nil {
		return now
	}
	if at, ever := q.Hours.Opens(now); ever {
		return at
	}
	return now.AddDate(0, 0, 2*opensWithin)
}

// notice is what a customer is told who goes to wait in the queue.
func (q *QueueNow) notice(now time.Time) Notice {
	switch q.closed(now) {
	case reasonHoliday:
		return NoticeHoliday
	case reasonOutOfHours:
		return NoticeOutOfHours
	}
	return NoticeParked
}

func (d *decider) traceOverflow(c candidate, why string) {
	if why == reasonFull {
		d.traceQueue(c.ID, queueOverflows, why)
		return
	}
	d.traceQueue(c.ID, queueClosed, why)
}
