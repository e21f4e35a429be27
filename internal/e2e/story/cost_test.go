package story_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// tries is how often a cost is counted. A workflow task that takes too long on a busy machine goes on by ordinary activities.
const tries = 3

// What an answer of the FAQ may cost, counted in the run's history and in what Temporal has persisted of it.
func TestCost_FAQAnswer(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	firstBar, bar := cost{events: 14, tasks: 1, actions: 5, transitions: 4}, cost{events: 10, tasks: 1, actions: 2, transitions: 3}
	var first, second cost
	for range tries {
		c := s.NewCustomer()
		var m *costMeter
		for n := 1; n <= 2; n++ {
			require.True(t, c.WriteAccepted("delivery"))
			c.WaitForAnswers(n, 30*time.Second)
			s.WaitForDeliveries()
			if n == 1 {
				m = meterOf(s, c)
				first = m.read("customer-wrote")
				continue
			}
			second = m.read("customer-wrote")
		}
		t.Logf("first message %s, a later one %s", first, second)
		if first.isWithin(firstBar) && second.isWithin(bar) {
			return
		}
	}
	first.requireWithin(t, firstBar)
	second.requireWithin(t, bar)
}
