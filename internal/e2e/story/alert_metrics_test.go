package story_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wxdesk/internal/e2e/harness"
	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
	"wxdesk/workflows"
)

// Every metric and every label that stands in the alerts and on the dashboard is there in what API and worker tell, once
// what they watch for has happened.
func TestMetrics_ofAlertsAndDashboardExist(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, "WXDESK_MASTER_KEYS="+fixtureKey(t))
	c := s.NewCustomer()
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100}, nil)
	startForeignRun(s)
	for n := range 5 { // WeChat refuses the access token, again and again
		s.CallSimulator(http.MethodPost, "/faults", map[string]any{
			"kind": "errcode", "errcode": 40001, "app_id": harness.DemoAppID, "path": "/cgi-bin/message/custom/send",
		}, nil)
		require.True(t, c.WriteAccepted("hello"))
		c.WaitForAnswers(n+1, 30*time.Second)
	}
	ended := c.Conversations()[0].ID
	for _, key := range []string{"a", "b"} { // Temporal refuses a command to an ended run
		s.CallAPI(http.MethodPost, "/v1/conversations/"+ended+"/close", map[string]string{"Idempotency-Key": key}, nil, nil)
	}
	sweep := s.TemporalClient().ScheduleClient().GetHandle(t.Context(), "sweep") // an ordinary activity, as few steps are
	require.NoError(t, sweep.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	told := map[string]string{}
	s.WaitFor(60*time.Second, "an ordinary activity is counted, and a conversation that does not replay is noticed", func() bool {
		told = allMetrics(s)
		return told["temporal_activity_schedule_to_start_latency_seconds_bucket"] != "" &&
			strings.Contains(told["temporal_workflow_task_execution_failed_total"], `failure_reason="NonDeterminismError"`)
	})

	require.Equal(t, 2*2, strings.Count(told["temporal_workflow_task_execution_failed_total"], `"NonDeterminismError"`),
		"Temporal's SDK counts under the labels that we begin with, for two workflows in two processes")

	named := 0
	for place, expr := range watchedExpressions(t) {
		require.Equal(t, strings.Count(expr, "("), strings.Count(expr, ")"), place)
		for name, labels := range metricsIn(expr) {
			named++
			require.Contains(t, told, name, "%s names a metric that nobody tells", place)
			for _, label := range labels {
				assert.Contains(t, told[name], label+`="`, "%s: %s has no such label", place, name)
			}
		}
	}
	require.Greater(t, named, 30)
}

// startForeignRun leaves an open conversation that code other than the worker's has begun. It is like a change of the code that does not
// replay.
func startForeignRun(s *harness.System) {
	s.T.Helper()
	ring, err := secret.ParseKeyring(secret.New(fixtureKey(s.T)))
	require.NoError(s.T, err)
	c := s.TemporalClient()
	data, failures := temporalclient.Converters(temporalclient.NewCodec(ring))
	sealed, err := client.NewClientFromExisting(c, client.Options{HostPort: s.TemporalAddr, DataConverter: data, FailureConverter: failures})
	require.NoError(s.T, err)
	s.T.Cleanup(sealed.Close)

	s.Command("dev", "stop", "worker")
	other := sdkworker.New(sealed, "conversations", sdkworker.Options{DisableRegistrationAliasing: true})
	begun := make(chan struct{}, 1)
	other.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ any) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: "nowhere", StartToCloseTimeout: time.Hour})
		nothing := workflow.ExecuteActivity(ctx, "Nothing")
		select {
		case begun <- struct{}{}:
		default:
		}
		return nothing.Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "Conversation"})
	require.NoError(s.T, other.Start())
	run, err := sealed.ExecuteWorkflow(s.T.Context(), client.StartWorkflowOptions{ID: "conversation/strange", TaskQueue: "conversations"},
		"Conversation", workflows.Input{State: &workflows.State{Begun: true, LastActivity: time.Now(), IdleClose: time.Hour}})
	require.NoError(s.T, err)
	<-begun
	s.WaitFor(10*time.Second, "its first step is recorded", func() bool { return len(s.History(c, run.GetID(), run.GetRunID())) >= 5 })
	other.Stop()
	s.Command("dev", "start", "worker")
	require.NoError(s.T, sealed.SignalWorkflow(s.T.Context(), run.GetID(), run.GetRunID(), "nudge", nil))
}
