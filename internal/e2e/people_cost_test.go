package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What people cost: a new conversation up to its offer, a message to an agent, an agent's reply.
func TestCost_people(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := s.agent("Ann").opens()
	offeredBar, messageBar, replyBar := cost{events: 20, tasks: 2, actions: 9, transitions: 6},
		cost{events: 5, tasks: 1, actions: 2, transitions: 3}, cost{events: 9, tasks: 1, actions: 2, transitions: 3}
	var offered, message, reply cost
	for n := 1; n <= tries; n++ {
		c := s.follower()
		require.True(t, c.manages("human"))
		ann.offered(n, 30*time.Second)
		s.quiet()
		m := s.meter(c)
		offered = m.reads("customer-wrote", "agent-assigned")
		id := ann.takes(n)
		m.reads("agent-assigned")                          // accepting
		for _, text := range []string{"first", "second"} { // the first of a kind may cost an attribute more
			require.True(t, c.manages(text))
			message = m.reads("customer-wrote")
			ann.must("reply", id, map[string]any{"text": "reply to " + text})
			s.until(30*time.Second, "the reply is on the phone", func() bool { return slices.Contains(c.answers(), "reply to "+text) })
			s.quiet()
			reply = m.reads("agent-acted")
		}
		t.Logf("new conversation up to the offer %s, message to an agent %s, an agent's reply %s", offered, message, reply)
		if offered.meets(offeredBar) && message.meets(messageBar) && reply.meets(replyBar) {
			return
		}
	}
	offered.within(t, offeredBar)
	message.within(t, messageBar)
	reply.within(t, replyBar)
}
