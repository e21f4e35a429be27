package rules

import (
	"maps"
	"slices"
	"strings"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// overflow checks a rule's own overflow: as a queue's is, and that it leads into no circle (L06).
func (c *checking) overflow(from []conversation.QueueID, o routing.Overflow) {
	for _, f := range routing.CheckOverflow(o) {
		c.fault(strings.TrimSuffix("overflow."+f.Field, "."), "%s", f.Reason)
	}
	next := transfers(o)
	for _, q := range next {
		if _, ok := c.known.Queues[q]; !ok {
			c.fault("overflow", "there is no such queue")
		}
	}
	for _, start := range from {
		way := map[conversation.QueueID]bool{start: true}
		if slices.ContainsFunc(next, func(q conversation.QueueID) bool { return c.circles(q, way, map[conversation.QueueID]bool{}) }) {
			c.fault("overflow", "leads round in a circle")
			return
		}
	}
}

// circles reports whether a queue's own overflow leads back to it, or to a queue on the way there. Straight are the queues
// that are known to lead to no circle.
func (c *checking) circles(at conversation.QueueID, way, straight map[conversation.QueueID]bool) bool {
	if way[at] || straight[at] {
		return way[at]
	}
	way[at] = true
	defer delete(way, at)
	for _, next := range transfers(c.known.Queues[at]) {
		if c.circles(next, way, straight) {
			return true
		}
	}
	straight[at] = true
	return false
}

// transfers are the queues that an overflow leads to, each once.
func transfers(o routing.Overflow) []conversation.QueueID {
	to := map[conversation.QueueID]bool{}
	add := func(a routing.OverflowAction) {
		if a.Do == routing.OverflowTransfer {
			to[a.QueueID] = true
		}
	}
	if o.OutOfHours != nil {
		add(*o.OutOfHours)
	}
	if o.Full != nil {
		add(o.Full.OverflowAction)
	}
	if o.Wait != nil {
		add(o.Wait.OverflowAction)
	}
	return slices.Sorted(maps.Keys(to))
}
