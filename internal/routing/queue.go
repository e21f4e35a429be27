package routing

import (
	"slices"
	"strings"

	"wxdesk/internal/conversation"
)

// What became of a queue (QueueTrace.Outcome), and why.
const (
	queueChosen    = "chosen"
	queueOverflows = "overflows"
	queueClosed    = "closed"  // overflows because it is outside its hours
	queueUnknown   = "unknown" // a rule or the bot names it, and it does not exist
	queueEmpty     = "empty"   // no agent in it

	reasonOutOfHours = "out-of-hours"
	reasonHoliday    = "holiday"
	reasonFull       = "full"
	reasonAnyway     = "anyway"   // its overflow action is to take it
	reasonEnds       = "ends"     // its overflow action is to end the conversation
	reasonFallback   = "fallback" // nothing matches, or the matching queue is empty
	reasonHops       = "too-many-hops"
	reasonNowhere    = "no-such-queue" // it leads to one that there is not, or round
)

// What a supervisor hears of (Decision.Alert).
const (
	alertGap           = "; "            // between several
	alertRuleFailed    = "rule-failed: " // and the rule's name
	alertNoMatch       = "no-match"      // there are route rules, and none holds
	alertUnknownQueue  = "unknown-queue" // a rule, the bot, the workstream or an overflow names a queue that does not exist
	alertEmptyQueue    = "empty-queue"
	alertOverflowLimit = "overflow-limit" // queues overflow in a circle, or more than MaxHops times
	alertNoQueue       = "no-queue"       // the tenant has none
)

// Decide says which queue a conversation goes to and what it needs: it is classified, route rules collect the queues that
// match, and the first that can take it does. It ends the conversation only if an overflow action says so; otherwise it
// names a queue that exists, whatever the rules say (L07), unless the tenant has none. It does not change the question.
func Decide(q Question, evaluator Evaluator) Decision {
	d := decider{q: q, evaluator: evaluator, queues: make(map[conversation.QueueID]*QueueNow, len(q.Queues))}
	for i := range q.Queues {
		d.queues[q.Queues[i].ID] = &q.Queues[i]
	}
	d.classify()
	d.choose(d.match())
	return d.Decision
}

// match collects the queues that a conversation may go to: the one that the bot wishes, then those of all route rules that
// hold, in order (RTQ-1).
func (d *decider) match() []candidate {
	var list []candidate
	add := func(id conversation.QueueID, own *Overflow) {
		queue, known := d.queues[id]
		if !known {
			d.traceQueue(id, queueUnknown, "")
			d.alert(alertUnknownQueue)
			return
		}
		if slices.ContainsFunc(list, func(c candidate) bool { return c.ID == id }) {
			return
		}
		c := candidate{queue, queue.Overflow, own}
		if own != nil {
			c.overflow = *own
		}
		list = append(list, c)
	}
	if d.q.Wish != "" {
		add(d.q.Wish, nil)
	}
	if d.q.Route == nil {
		return list
	}
	facts, matched := d.facts(), false
	for _, rule := range d.q.Route.Rules {
		if d.matches(*d.q.Route, rule, facts) {
			matched = true
			add(rule.share(d.q.Roll), rule.Overflow)
		}
	}
	if !matched && len(list) == 0 {
		d.alert(alertNoMatch)
	}
	return list
}

// share is the queue of a rule, by the throw of the dice if it splits (RTQ-4).
func (r Rule) share(roll int) conversation.QueueID {
	queue := r.Queue
	for _, s := range r.Split {
		queue = s.Queue
		if roll < s.Percent {
			break
		}
		roll -= s.Percent
	}
	return queue
}

// choose takes the first candidate that has agents and does not overflow. If all that have agents do, it takes the first
// of them that is open, or else the one that opens soonest, and does what this one's overflow says (RTQ-2).
func (d *decider) choose(list []candidate) {
	if len(list) == 0 {
		d.fallBack()
		return
	}
	if list = slices.DeleteFunc(list, d.isEmpty); len(list) == 0 {
		d.fallBack()
		d.Notice = NoticeNobody
		return
	}
	for _, c := range list {
		_, why := c.overflows(d.q.Now)
		if why == "" {
			d.enter(c, "")
			return
		}
		d.traceOverflow(c, why)
	}
	first := list[0]
	soonest := first.opens(d.q.Now)
	for _, c := range list[1:] {
		if at := c.opens(d.q.Now); at.Before(soonest) {
			first, soonest = c, at
		}
	}
	d.overflow(first)
}

// isEmpty reports whether no agent is in a queue that would not send the conversation on itself: a supervisor is told, and
// the conversation goes on to the next (QUE-5).
func (d *decider) isEmpty(c candidate) bool {
	if action, why := c.overflows(d.q.Now); c.Members > 0 || why != "" && action.Do == OverflowTransfer {
		return false
	}
	d.alertEmpty(c.QueueNow)
	d.traceQueue(c.ID, queueEmpty, "")
	return true
}

// enter puts the conversation into a queue. If nobody works there, the customer is told that it may take longer.
func (d *decider) enter(c candidate, reason string) {
	d.Notice = c.notice(d.q.Now)
	if c.Members == 0 {
		d.alertEmpty(c.QueueNow)
		d.Notice = NoticeNobody
	}
	d.QueueID, d.Overflow = c.ID, c.rules
	d.traceQueue(c.ID, queueChosen, reason)
}

// fallBack puts a conversation that nothing matches, or only queues without agents, into the fallback queue, whose overflow
// is not asked (RTQ-3). Nothing is closed because nobody is there (QUE-5).
func (d *decider) fallBack() {
	queue := d.fallback()
	if queue == nil {
		d.alert(alertNoQueue)
		d.Notice = NoticeNobody
		return
	}
	d.enter(candidate{QueueNow: queue}, reasonFallback)
}

// fallback is the workstream's fallback queue; the tenant's default queue if that one has no agents and this one has
// (L07), or if it does not exist; else any; nil if the tenant has none.
func (d *decider) fallback() *QueueNow {
	if len(d.q.Queues) == 0 {
		return nil
	}
	standard := &d.q.Queues[max(slices.IndexFunc(d.q.Queues, func(q QueueNow) bool { return q.Default }), 0)]
	queue, known := d.queues[d.q.Workstream.FallbackQueue]
	switch {
	case !known:
		d.alert(alertUnknownQueue)
		return standard
	case queue.Members == 0 && standard.Members > 0:
		d.alertEmpty(queue)
		d.traceQueue(queue.ID, queueEmpty, "")
		return standard
	}
	return queue
}

func (d *decider) traceQueue(queue conversation.QueueID, outcome, reason string) {
	d.Trace.Queues = append(d.Trace.Queues, QueueTrace{queue, outcome, reason})
}

// alertEmpty tells supervisors of a queue without agents, unless they know of it.
func (d *decider) alertEmpty(queue *QueueNow) {
	if queue.Alerted || slices.Contains(d.Empty, queue.ID) {
		return
	}
	d.alert(alertEmptyQueue)
	d.Empty = append(d.Empty, queue.ID)
}

// alert adds to what a supervisor hears of, once.
func (d *decider) alert(what string) {
	switch {
	case d.Alert == "":
		d.Alert = what
	case !slices.Contains(strings.Split(d.Alert, alertGap), what):
		d.Alert += alertGap + what
	}
}
