package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
	"wxdesk/workflows"
)

// agentWorld counts what an agent's clock has done.
type agentWorld struct {
	days int
	gone []time.Time
}

func (w *agentWorld) AgentDay(context.Context, activities.AgentInput) (time.Time, error) {
	w.days++
	return began.AddDate(0, 0, w.days), nil
}

func (w *agentWorld) AgentGone(_ context.Context, in activities.AgentGoneInput) error {
	w.gone = append(w.gone, in.Since)
	return nil
}

// event tells the agent's clock something at a time after the beginning; work waits for conversation.DisconnectGrace.
func agentEvent(at time.Duration, connected bool) happening {
	ev := workflows.AgentEvent{Connected: connected, At: began.Add(at), Until: began.Add(at + conversation.DisconnectGrace)}
	return happening{at, func(env *testsuite.TestWorkflowEnvironment) { env.SignalWorkflow(workflows.SignalAgentEvent, ev) }}
}

func playAgent(t *testing.T, w *agentWorld, story ...happening) (ended time.Duration) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(began)
	env.RegisterActivityWithOptions(w.AgentDay, activity.RegisterOptions{Name: "AgentDay"})
	env.RegisterActivityWithOptions(w.AgentGone, activity.RegisterOptions{Name: "AgentGone"})
	for _, h := range story {
		env.RegisterDelayedCallback(func() { h.do(env) }, h.at)
	}
	env.ExecuteWorkflow(workflows.Agent, workflows.AgentInput{Tenant: "default", AgentID: "ann"})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	return env.Now().Sub(began)
}

func TestAgent_whoDoesNotComeBackGivesHisWorkBackAfterTheGrace(t *testing.T) {
	t.Parallel()
	w := &agentWorld{}
	ended := playAgent(t, w, agentEvent(0, true), agentEvent(time.Hour, false))
	require.Equal(t, []time.Time{began.Add(time.Hour)}, w.gone)
	require.Equal(t, time.Hour+conversation.DisconnectGrace, ended)
}

func TestPRE7_whoComesBackWithinTheGraceKeepsHisWork(t *testing.T) {
	t.Parallel()
	w := &agentWorld{}
	playAgent(t, w, agentEvent(0, true), agentEvent(time.Hour, false), agentEvent(time.Hour+time.Minute, true), agentEvent(2*time.Hour, false))
	require.Equal(t, []time.Time{began.Add(2 * time.Hour)}, w.gone)
}

func TestAgent_theEndOfTheDayIsLookedAt(t *testing.T) {
	t.Parallel()
	w := &agentWorld{}
	playAgent(t, w, agentEvent(0, true), agentEvent(50*time.Hour, false))
	require.GreaterOrEqual(t, w.days, 3, "at sign-in and at the end of two days")
}
