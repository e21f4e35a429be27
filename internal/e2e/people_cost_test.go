package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

// What people cost: a message to an agent at most 5 events, 1 task and 2 actions, an agent's reply 12, 2 and 3.
func TestCost_ofAMessageToAnAgentAndOfHisReply(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := s.agent("Ann").opens()
	c := s.follower()
	require.True(t, c.manages("human"))
	id := ann.takes(1)
	for _, text := range []string{"first", "second"} {
		require.True(t, c.manages(text))
		s.quiet()
		ann.must("reply", id, map[string]any{"text": "reply to " + text})
		s.until(30*time.Second, "the reply is on the phone", func() bool { return slices.Contains(c.answers(), "reply to "+text) })
		s.quiet()
	}
	temporal := s.temporalClient()
	run := s.executions(temporal, `WorkflowType = "Conversation"`, 1)[0].GetExecution()
	var message, reply []*historypb.HistoryEvent
	s.until(30*time.Second, "the last task is recorded", func() bool {
		events := s.history(temporal, run.GetWorkflowId(), run.GetRunId())
		message, reply = lastExchange(events)
		return len(reply) > 0 && events[len(events)-1].GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
	})
	toAgent, fromAgent := costOf(message), costOf(reply)
	t.Logf("message to an agent %+v, an agent's reply %+v", toAgent, fromAgent)
	require.LessOrEqual(t, toAgent.events, 5, types(message))
	require.LessOrEqual(t, toAgent.tasks, 1, types(message))
	require.LessOrEqual(t, toAgent.actions, 2, types(message))
	require.LessOrEqual(t, fromAgent.events, 12, types(reply))
	require.LessOrEqual(t, fromAgent.tasks, 2, types(reply))
	require.LessOrEqual(t, fromAgent.actions, 3, types(reply))
}

// lastExchange is what the last message of the customer and the reply after it have left in the history. A message begins
// with its signal; a reply with the task that takes the update.
func lastExchange(events []*historypb.HistoryEvent) (message, reply []*historypb.HistoryEvent) {
	from, to := -1, -1
	for i, e := range events {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED {
			from, to = i, -1
		}
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED && from >= 0 && to < 0 {
			to = i - 3 // the task: scheduled, started, completed
		}
	}
	if from < 0 || to <= from {
		return nil, nil
	}
	return events[from:to], events[to:]
}
