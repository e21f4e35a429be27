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
	for _, q := range o.Targets() {
		if _, ok := c.known.Queues[q]; !ok {
			c.fault("overflow", "there is no such queue")
		}
	}
	circles := func(start conversation.QueueID) bool {
		overflows := maps.Clone(c.known.Queues)
		overflows[start] = o
		return routing.Circle(start, overflows) != nil
	}
	if slices.ContainsFunc(from, circles) {
		c.fault("overflow", "leads round in a circle")
	}
}
