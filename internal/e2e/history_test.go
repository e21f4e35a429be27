package e2e_test

import (
	"context"
	"fmt"
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

// temporalClient sees what an operator without the keys sees: sealed payloads.
func (s *system) temporalClient() client.Client {
	s.t.Helper()
	c, err := client.Dial(client.Options{
		HostPort: s.temporal, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}}, // as ours, for benchmarks
	})
	require.NoError(s.t, err)
	s.t.Cleanup(c.Close)
	return c
}

// executions lists the runs that a query finds, oldest first. Visibility lags behind, so ask for a count.
func (s *system) executions(c client.Client, query string, atLeast int) []*workflowpb.WorkflowExecutionInfo {
	s.t.Helper()
	var found []*workflowpb.WorkflowExecutionInfo
	s.until(20*time.Second, "Temporal lists the runs of "+query, func() bool {
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

// history is all events of a run.
func (s *system) history(c client.Client, workflowID, runID string) []*historypb.HistoryEvent {
	s.t.Helper()
	var events []*historypb.HistoryEvent
	iter := c.GetWorkflowHistory(context.Background(), workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iter.HasNext() {
		event, err := iter.Next()
		require.NoError(s.t, err)
		events = append(events, event)
	}
	return events
}

// cost is what Temporal does for a stretch of history.
type cost struct {
	events, tasks, actions int
	transitions            int64  // states of the run that were persisted
	types                  string // of the events
}

func (c cost) String() string {
	return fmt.Sprintf("%d events, %d workflow tasks, %d actions, %d transitions", c.events, c.tasks, c.actions, c.transitions)
}

// costOf counts as Temporal bills: a start, a signal, an activity, a timer, an upsert and an update are an action each;
// all local activities of one workflow task are one.
func costOf(events []*historypb.HistoryEvent) cost {
	c := cost{events: len(events)}
	var markers bool
	for _, e := range events {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			c.tasks++
			markers = false
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
			enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, enumspb.EVENT_TYPE_TIMER_STARTED,
			enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
			c.actions++
		case enumspb.EVENT_TYPE_MARKER_RECORDED:
			if !markers {
				c.actions++
			}
			markers = true
		}
	}
	return c
}

func types(events []*historypb.HistoryEvent) string {
	var names []string
	for _, e := range events {
		names = append(names, e.GetEventType().String())
	}
	return strings.Join(names, " ")
}
