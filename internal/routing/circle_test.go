package routing_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// L06
// TestCircle_foundExactlyWhereThereIsOne asks of any queues what following every way says too.
func TestCircle_foundExactlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		queues := []conversation.QueueID{"a", "b", "c", "d", "e"}
		to := func() routing.OverflowAction {
			id := rapid.SampledFrom(append(queues, "")).Draw(t, "to")
			if id == "" {
				return routing.OverflowAction{Do: routing.OverflowEnd}
			}
			return routing.OverflowAction{Do: routing.OverflowTransfer, QueueID: id}
		}
		overflows := map[conversation.QueueID]routing.Overflow{}
		for _, q := range queues {
			outside := to()
			overflows[q] = routing.Overflow{OutOfHours: &outside, Wait: &routing.OverflowWait{Seconds: 1, OverflowAction: to()}}
		}
		// If there is no circle, a way is at most as long as there are queues.
		reach := []conversation.QueueID{"a"}
		for range queues {
			var next []conversation.QueueID
			for _, q := range reach {
				next = append(next, overflows[q].Targets()...)
			}
			reach = next
		}
		circle := routing.Circle("a", overflows)
		require.Equal(t, len(reach) > 0, circle != nil)
		for i := range len(circle) - 1 {
			require.Contains(t, overflows[circle[i]].Targets(), circle[i+1])
		}
		if circle != nil {
			require.Equal(t, circle[0], circle[len(circle)-1])
		}
	})
}
