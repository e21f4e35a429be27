package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
)

// R20: two thousand messages (twenty thousand with -share 1) of one customer from four senders at full speed. None is lost
// over continue-as-new, and no run grows without bounds.
func TestLoad_twoThousandMessagesOfOneCustomer(t *testing.T) { // alone: it takes all that the machine has
	s := start(t)
	s.simulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100000}, nil)
	c := s.follower()
	const senders = 4
	each := sized(500, 5000)
	var sending sync.WaitGroup
	refused := make([]int, senders)
	for sender := range senders {
		sending.Go(func() {
			for n := range each {
				if !c.manages(fmt.Sprintf("sender %d message %04d", sender, n)) {
					refused[sender]++
				}
			}
		})
	}
	sending.Wait()
	require.Equal(t, make([]int, senders), refused, "every callback was taken")

	var conversations []conversationView
	s.pollUntil(2*time.Second, sized(8*time.Minute, 2*time.Hour), "every message is in the transcript and has its answer", func() bool {
		conversations = c.conversations()
		said, answered := 0, 0
		for _, conversation := range conversations {
			for _, m := range s.transcript(conversation.ID) {
				switch {
				case m.Author == "customer":
					said++
				case m.Delivery.Status != "queued" && m.Delivery.Status != "sending":
					answered++
				}
			}
		}
		return said >= senders*each && answered >= senders*each
	})
	require.Len(t, conversations, 1)
	lines := s.transcript(conversations[0].ID)
	require.Len(t, lines, 2*senders*each, "none lost, none doubled, one answer each")
	requireOrder(t, lines, senders)
	s.judgeHistories()
}

// judgeHistories fails the test where a workflow task has failed or a run is too long.
func (s *system) judgeHistories() {
	s.t.Helper()
	temporal := s.temporalClient()
	runs, longest := 0, 0
	for _, run := range s.executions(temporal, `WorkflowType = "Conversation"`, 1) {
		events := s.history(temporal, run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId())
		require.LessOrEqual(s.t, len(events), 4096)
		runs, longest = runs+1, max(longest, len(events))
		for _, e := range events {
			if failed := e.GetWorkflowTaskFailedEventAttributes(); failed != nil {
				// The one failure that belongs to the plan: a message came while the run ended, so the server had it go on.
				require.Equal(s.t, enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND, failed.GetCause(), "%v", e)
			}
			require.NotEqual(s.t, enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT, e.GetEventType(), "%v", e)
		}
	}
	s.t.Logf("%d runs, the longest of %d events", runs, longest)
	require.False(s.t, strings.Contains(s.logs(), "panic"))
}
