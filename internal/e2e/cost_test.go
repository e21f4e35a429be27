package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

// The bars of what a bot-answered message may cost, counted in the recorded history.
func TestCost_ofABotAnsweredMessage(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.follower()
	temporal := s.temporalClient()
	for n := 1; n <= 3; n++ {
		require.True(t, c.manages("delivery"))
		c.gets(n, 10*time.Second)
		s.quiet()
	}
	run := s.executions(temporal, `WorkflowType = "Conversation"`, 1)[0].GetExecution()
	var stretches [][]*historypb.HistoryEvent
	s.until(10*time.Second, "the last task is recorded", func() bool {
		events := s.history(temporal, run.GetWorkflowId(), run.GetRunId())
		stretches = perMessage(events)
		return len(stretches) == 3 && events[len(events)-1].GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED &&
			costOf(stretches[2]).tasks == costOf(stretches[1]).tasks
	})

	first, second := costOf(stretches[0]), costOf(stretches[1])
	t.Logf("first message %+v, later ones %+v", first, second)
	require.LessOrEqual(t, first.events, 20, types(stretches[0]))
	require.LessOrEqual(t, first.tasks, 3, types(stretches[0]))
	require.LessOrEqual(t, first.actions, 6, types(stretches[0]))
	require.LessOrEqual(t, second.events, 17, types(stretches[1]))
	require.LessOrEqual(t, second.tasks, 3, types(stretches[1]))
	require.LessOrEqual(t, second.actions, 4, types(stretches[1]))
}

// perMessage cuts a history where a customer's message arrives; what starts the run belongs to the first.
func perMessage(events []*historypb.HistoryEvent) [][]*historypb.HistoryEvent {
	var starts []int
	for i, e := range events {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED {
			starts = append(starts, i)
		}
	}
	if len(starts) == 0 {
		return nil
	}
	starts[0] = 0
	var stretches [][]*historypb.HistoryEvent
	for i, from := range starts {
		to := len(events)
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		stretches = append(stretches, slices.Clone(events[from:to]))
	}
	return stretches
}
