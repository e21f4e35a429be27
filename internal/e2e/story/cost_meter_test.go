package story_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"wxdesk/internal/e2e/harness"
)

// costMeter reads what a run has cost.
type costMeter struct {
	s           *harness.System
	temporal    client.Client
	workflowID  string
	events      int // read so far
	transitions int64
}

// meterOf returns a meter of the run of a customer's first conversation.
func meterOf(s *harness.System, c harness.Customer) *costMeter {
	s.T.Helper()
	m := &costMeter{s: s, temporal: s.TemporalClient()}
	m.workflowID = workflowIDs(s, m.temporal, c)[c.OpenID]
	return m
}

// read waits until the named signals have come since the last reading and nothing is under way in the run, and returns what the
// run has cost since then.
func (m *costMeter) read(signals ...string) (c cost) {
	m.s.T.Helper()
	m.s.PollEvery(100*time.Millisecond, 30*time.Second, "the run rests after its signals", func() bool {
		described, err := m.temporal.DescribeWorkflow(m.s.T.Context(), m.workflowID, "")
		if err != nil {
			return false
		}
		run := described.RawResponse
		if run.GetPendingWorkflowTask() != nil || len(run.GetPendingActivities()) > 0 {
			return false
		}
		transitions := run.GetWorkflowExecutionInfo().GetStateTransitionCount()
		events := m.s.History(m.temporal, m.workflowID, "")
		if len(events) != int(run.GetWorkflowExecutionInfo().GetHistoryLength()) || !haveSignals(events[m.events:], signals) {
			return false
		}
		c = costOf(events[m.events:])
		c.transitions, c.types = transitions-m.transitions, eventTypes(events[m.events:])
		m.events, m.transitions = len(events), transitions
		return true
	})
	return c
}

// haveSignals reports whether each name came as a signal.
func haveSignals(events []*historypb.HistoryEvent, names []string) bool {
	var came []string
	for _, e := range events {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED {
			came = append(came, e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName())
		}
	}
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(came, name) })
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

func eventTypes(events []*historypb.HistoryEvent) string {
	var names []string
	for _, e := range events {
		names = append(names, e.GetEventType().String())
	}
	return strings.Join(names, " ")
}

func (c cost) isWithin(bar cost) bool {
	return c.events <= bar.events && c.tasks <= bar.tasks && c.actions <= bar.actions && c.transitions <= bar.transitions
}

func (c cost) requireWithin(t *testing.T, bar cost) {
	t.Helper()
	require.LessOrEqual(t, c.events, bar.events, "events: %s", c.types)
	require.LessOrEqual(t, c.tasks, bar.tasks, "workflow tasks: %s", c.types)
	require.LessOrEqual(t, c.actions, bar.actions, "actions: %s", c.types)
	require.LessOrEqual(t, c.transitions, bar.transitions, "state transitions: %s", c.types)
}
