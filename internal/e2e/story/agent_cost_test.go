package story_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// What people cost: a new conversation up to its offer, a message to an agent, an agent's reply.
func TestCost_people(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	ann := s.NewAgent("Ann").Connect()
	offeredBar, messageBar, replyBar := cost{events: 20, tasks: 2, actions: 9, transitions: 6},
		cost{events: 5, tasks: 1, actions: 2, transitions: 3}, cost{events: 9, tasks: 1, actions: 2, transitions: 3}
	var offered, message, reply cost
	for n := 1; n <= tries; n++ {
		c := s.NewCustomer()
		require.True(t, c.WriteAccepted("human"))
		ann.WaitForOffer(n, 30*time.Second)
		s.WaitForDeliveries()
		m := meterOf(s, c)
		offered = m.read("customer-wrote", "agent-assigned")
		id := ann.AcceptOffer(n)
		m.read("agent-assigned")                           // accepting
		for _, text := range []string{"first", "second"} { // the first of a kind may cost an attribute more
			require.True(t, c.WriteAccepted(text))
			message = m.read("customer-wrote")
			ann.MustCommand("reply", id, map[string]any{"text": "reply to " + text})
			s.WaitFor(30*time.Second, "the reply is on the phone", func() bool { return slices.Contains(c.Answers(), "reply to "+text) })
			s.WaitForDeliveries()
			reply = m.read("agent-acted")
		}
		t.Logf("new conversation up to the offer %s, message to an agent %s, an agent's reply %s", offered, message, reply)
		if offered.isWithin(offeredBar) && message.isWithin(messageBar) && reply.isWithin(replyBar) {
			return
		}
	}
	offered.requireWithin(t, offeredBar)
	message.requireWithin(t, messageBar)
	reply.requireWithin(t, replyBar)
}
