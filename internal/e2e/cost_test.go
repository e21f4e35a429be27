package e2e_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
)

// tries is how often a cost is counted. A workflow task that takes too long on a busy machine goes on by ordinary activities.
const tries = 3

// What an answer of the FAQ may cost, counted in the run's history and in what Temporal has persisted of it.
func TestCost_FAQAnswer(t *testing.T) {
	t.Parallel()
	s := start(t)
	firstBar, bar := cost{events: 14, tasks: 1, actions: 5, transitions: 4}, cost{events: 10, tasks: 1, actions: 2, transitions: 3}
	var first, second cost
	for range tries {
		c := s.follower()
		var m *meter
		for n := 1; n <= 2; n++ {
			require.True(t, c.manages("delivery"))
			c.gets(n, 30*time.Second)
			s.quiet()
			if n == 1 {
				m = s.meter(c)
				first = m.reads("customer-wrote")
				continue
			}
			second = m.reads("customer-wrote")
		}
		t.Logf("first message %s, a later one %s", first, second)
		if first.meets(firstBar) && second.meets(bar) {
			return
		}
	}
	first.within(t, firstBar)
	second.within(t, bar)
}

// meter reads what a run has cost.
type meter struct {
	s           *system
	temporal    client.Client
	workflowID  string
	events      int // read so far
	transitions int64
}

// meter reads the run of a customer's first conversation.
func (s *system) meter(c customer) *meter {
	s.t.Helper()
	m := &meter{s: s, temporal: s.temporalClient()}
	m.workflowID = s.workflows(m.temporal, c)[c.openID]
	return m
}

// reads waits until the named signals have come since the last reading and nothing is under way in the run, and returns what the
// run has cost since then.
func (m *meter) reads(signals ...string) (c cost) {
	m.s.t.Helper()
	m.s.pollUntil(100*time.Millisecond, 30*time.Second, "the run rests after its signals", func() bool {
		described, err := m.temporal.DescribeWorkflow(m.s.t.Context(), m.workflowID, "")
		if err != nil {
			return false
		}
		run := described.RawResponse
		if run.GetPendingWorkflowTask() != nil || len(run.GetPendingActivities()) > 0 {
			return false
		}
		transitions := run.GetWorkflowExecutionInfo().GetStateTransitionCount()
		events := m.s.history(m.temporal, m.workflowID, "")
		if len(events) != int(run.GetWorkflowExecutionInfo().GetHistoryLength()) || !signalled(events[m.events:], signals) {
			return false
		}
		c = costOf(events[m.events:])
		c.transitions, c.types = transitions-m.transitions, types(events[m.events:])
		m.events, m.transitions = len(events), transitions
		return true
	})
	return c
}

// signalled reports whether each name came as a signal.
func signalled(events []*historypb.HistoryEvent, names []string) bool {
	var came []string
	for _, e := range events {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED {
			came = append(came, e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName())
		}
	}
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(came, name) })
}

func (c cost) meets(bar cost) bool {
	return c.events <= bar.events && c.tasks <= bar.tasks && c.actions <= bar.actions && c.transitions <= bar.transitions
}

func (c cost) within(t *testing.T, bar cost) {
	t.Helper()
	require.LessOrEqual(t, c.events, bar.events, "events: %s", c.types)
	require.LessOrEqual(t, c.tasks, bar.tasks, "workflow tasks: %s", c.types)
	require.LessOrEqual(t, c.actions, bar.actions, "actions: %s", c.types)
	require.LessOrEqual(t, c.transitions, bar.transitions, "state transitions: %s", c.types)
}
