package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"wxdesk/workflows"
)

// upgraded says that another version of the workers has become the current one.
func upgraded(at time.Duration) happening {
	return happening{at, func(env *testsuite.TestWorkflowEnvironment) { env.SetTargetWorkerDeploymentVersionChanged(true) }}
}

func nudge(at time.Duration) happening {
	return happening{at, func(env *testsuite.TestWorkflowEnvironment) { env.SignalWorkflow(workflows.SignalNudge, nil) }}
}

// firstRun plays a story until the first run ends, and returns how.
func firstRun(w *world, story ...happening) error {
	var suite testsuite.WorkflowTestSuite
	env := stage(&suite, w)
	for _, h := range story {
		env.RegisterDelayedCallback(func() { h.do(env) }, h.at)
	}
	env.ExecuteWorkflow(workflows.Conversation, workflows.Input{Tenant: "default", AccountID: "account", CustomerKey: "customer"})
	return env.GetWorkflowError()
}

func TestVersion_anOpenConversationStaysWithItsVersionUntilItIsNudged(t *testing.T) {
	t.Parallel()
	w := newWorld()
	err := firstRun(w, says(0, "1", "hello"), upgraded(second), says(2*second, "2", "hello"), nudge(3*second))
	require.Equal(t, []string{"begin", "receive 1", "ask 1", "send answer to 1", "receive 2", "ask 2", "send answer to 2"}, w.log,
		"what came before the nudge was done by the version that the run began under")

	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &next)
	require.EqualValues(t, workflow.ContinueAsNewVersioningBehaviorAutoUpgrade, next.InitialVersioningBehavior, "it goes on under the current version")
	var in workflows.Input
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	require.Equal(t, conversationID, in.State.Conversation, "as the same conversation")
	require.Equal(t, 2, in.State.Lines)
}

func TestVersion_aNudgedConversationMovesOnAfterWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.later["answer to 1"] = 2 // WeChat puts it off: 3 s, 3 s
	err := firstRun(w, upgraded(0), says(0, "1", "hello"), nudge(second))
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &next)
	var in workflows.Input
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	require.Len(t, in.State.Sends, 1, "what waits is taken along")
}

func TestVersion_theNextConversationBeginsUnderTheCurrentVersion(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var a answer
	both := happening{5 * second, func(env *testsuite.TestWorkflowEnvironment) {
		closes(5*second, conversationID, &a).do(env)
		says(0, "2", "quiet").do(env)
	}}
	err := firstRun(w, says(0, "1", "hello"), both)
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &next)
	require.EqualValues(t, workflow.ContinueAsNewVersioningBehaviorAutoUpgrade, next.InitialVersioningBehavior)
}

func TestVersion_anAgentsClockMovesOnWhenItIsNudged(t *testing.T) {
	t.Parallel()
	w := &agentWorld{}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(began)
	env.RegisterActivityWithOptions(w.AgentDay, activity.RegisterOptions{Name: "AgentDay"})
	env.RegisterActivityWithOptions(w.AgentGone, activity.RegisterOptions{Name: "AgentGone"})
	for _, h := range []happening{agentEvent(0, true), agentEvent(time.Hour, false), upgraded(time.Hour), nudge(time.Hour + second)} {
		env.RegisterDelayedCallback(func() { h.do(env) }, h.at)
	}
	env.ExecuteWorkflow(workflows.Agent, workflows.AgentInput{Tenant: "default", AgentID: "ann"})
	var next *workflow.ContinueAsNewError
	require.True(t, errors.As(env.GetWorkflowError(), &next), "%v", env.GetWorkflowError())
	require.Empty(t, w.gone)
	var in workflows.AgentInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	require.Equal(t, began.Add(time.Hour), in.Gone.UTC(), "the grace goes on from when it began")
}
