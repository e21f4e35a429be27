package harness

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
)

// TemporalClient returns a client without the keys. It sees sealed payloads, as an operator does.
func (s *System) TemporalClient() client.Client {
	s.T.Helper()
	c, err := client.Dial(client.Options{
		HostPort: s.TemporalAddr, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}}, // as ours, for benchmarks
	})
	require.NoError(s.T, err)
	s.T.Cleanup(c.Close)
	return c
}

// Runs lists the workflow runs that a query finds. Temporal lists a run some time after it began, so Runs waits until there are as many as
// atLeast.
func (s *System) Runs(c client.Client, query string, atLeast int) []*workflowpb.WorkflowExecutionInfo {
	s.T.Helper()
	var found []*workflowpb.WorkflowExecutionInfo
	s.WaitFor(20*time.Second, "Temporal lists the runs of "+query, func() bool {
		found = nil
		var token []byte
		for {
			page, err := c.ListWorkflow(context.Background(), &workflowservice.ListWorkflowExecutionsRequest{Query: query, NextPageToken: token})
			if err != nil {
				return false
			}
			found = append(found, page.GetExecutions()...)
			if token = page.GetNextPageToken(); len(token) == 0 {
				return len(found) >= atLeast
			}
		}
	})
	return found
}

// History returns all events of a run.
func (s *System) History(c client.Client, workflowID, runID string) []*historypb.HistoryEvent {
	s.T.Helper()
	var events []*historypb.HistoryEvent
	iter := c.GetWorkflowHistory(context.Background(), workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iter.HasNext() {
		event, err := iter.Next()
		require.NoError(s.T, err)
		events = append(events, event)
	}
	return events
}

// RequireBoundedHistories fails the test where a workflow task has failed or timed out, where a run has more than 4,096 events, or where a
// process has panicked.
func (s *System) RequireBoundedHistories() {
	s.T.Helper()
	temporal := s.TemporalClient()
	runs, longest := 0, 0
	for _, run := range s.Runs(temporal, `WorkflowType = "Conversation"`, 1) {
		events := s.History(temporal, run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId())
		require.LessOrEqual(s.T, len(events), 4096)
		runs, longest = runs+1, max(longest, len(events))
		for _, e := range events {
			if failed := e.GetWorkflowTaskFailedEventAttributes(); failed != nil {
				// The one failure that belongs to the plan: a message came while the run ended, so the server had it go on.
				require.Equal(s.T, enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND, failed.GetCause(), "%v", e)
			}
			require.NotEqual(s.T, enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT, e.GetEventType(), "%v", e)
		}
	}
	s.T.Logf("%d runs, the longest of %d events", runs, longest)
	require.False(s.T, strings.Contains(s.Logs(), "panic"))
}
