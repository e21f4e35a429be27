package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.yaml.in/yaml/v3"

	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
	"wxdesk/workflows"
)

// Every metric and every label that stands in the alerts and on the dashboard is there in what API and worker tell, once
// what they watch for has happened.
func TestSight_everyMetricOfAlertsAndDashboardExists(t *testing.T) {
	t.Parallel()
	s := start(t, "WXDESK_MASTER_KEYS="+fixtureKey(t))
	c := s.follower()
	s.simulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100}, nil)
	s.strange()
	for n := range 5 { // WeChat refuses the access token, again and again
		s.simulator(http.MethodPost, "/faults", map[string]any{
			"kind": "errcode", "errcode": 40001, "app_id": demoAppID, "path": "/cgi-bin/message/custom/send",
		}, nil)
		require.True(t, c.manages("hello"))
		c.gets(n+1, 30*time.Second)
	}
	ended := c.conversations()[0].ID
	for _, key := range []string{"a", "b"} { // Temporal refuses a command to an ended run
		s.api(http.MethodPost, "/v1/conversations/"+ended+"/close", map[string]string{"Idempotency-Key": key}, nil, nil)
	}
	sweep := s.temporalClient().ScheduleClient().GetHandle(t.Context(), "sweep") // an ordinary activity, as few steps are
	require.NoError(t, sweep.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	told := map[string]string{}
	s.until(60*time.Second, "an ordinary activity is counted, and a conversation that does not replay is noticed", func() bool {
		told = s.metrics()
		return told["temporal_activity_schedule_to_start_latency_seconds_bucket"] != "" &&
			strings.Contains(told["temporal_workflow_task_execution_failed_total"], `failure_reason="NonDeterminismError"`)
	})

	require.Equal(t, 2*2, strings.Count(told["temporal_workflow_task_execution_failed_total"], `"NonDeterminismError"`),
		"Temporal's SDK counts under the labels that we begin with, for two workflows in two processes")

	named := 0
	for place, expr := range queries(t) {
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

// metrics are the lines that API and worker tell, by metric.
func (s *system) metrics() map[string]string {
	s.t.Helper()
	told := map[string]string{}
	for _, ops := range []string{s.ops, s.workerOps()} {
		status, text := s.call(http.MethodGet, "http://"+ops+"/metrics", nil, nil)
		require.Equal(s.t, http.StatusOK, status)
		for line := range strings.Lines(string(text)) {
			if name := metricName.FindString(line); name != "" {
				told[name] += line
			}
		}
	}
	return told
}

var metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*`)

// queries are all expressions of alerts and dashboard, by where they stand.
func queries(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	text, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	require.NoError(t, err)
	var alerts struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &alerts))
	for _, rule := range alerts.Groups[0].Rules {
		all["alert "+rule.Alert] = rule.Expr
	}
	text, err = os.ReadFile("../../deploy/grafana/wxdesk.json")
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	for _, panel := range dashboard.Panels {
		for i, target := range panel.Targets {
			all[fmt.Sprintf("panel %s %d", panel.Title, i)] = target.Expr
		}
	}
	return all
}

var (
	selector = regexp.MustCompile(`\b([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^}]*\})?`)
	label    = regexp.MustCompile(`([a-zA-Z_]\w*)\s*(?:=|!=|=~|!~)\s*"`)
	grouping = regexp.MustCompile(`\b(?:by|without)\s*\([^)]*\)`)
	function = regexp.MustCompile(`\b[a-z_]+\s*\(`)
	extent   = regexp.MustCompile(`\[\w+\]|\boffset \w+|\b(?:or|and|unless|bool)\b`)
)

// metricsIn are the metrics of an expression, with the labels that it matches them by.
func metricsIn(expr string) map[string][]string {
	found := map[string][]string{}
	rest := function.ReplaceAllString(grouping.ReplaceAllString(extent.ReplaceAllString(expr, ""), ""), "(")
	for _, m := range selector.FindAllStringSubmatch(rest, -1) {
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			found[m[1]] = append(found[m[1]], l[1])
		}
		if found[m[1]] == nil {
			found[m[1]] = []string{}
		}
	}
	return found
}

func TestSight_metricsAreFoundInExpressions(t *testing.T) {
	t.Parallel()
	got := metricsIn(`histogram_quantile(0.99, sum by (le) (rate(a_bucket{x="1", y!="2"}[5m]))) > 10 or (b unless b offset 1h) > 0`)
	require.Equal(t, []string{"a_bucket", "b"}, slices.Sorted(maps.Keys(got)))
	require.Equal(t, []string{"x", "y"}, got["a_bucket"])
}

// strange leaves an open conversation behind that other code has begun than the worker's, as a change that does not replay
// would.
func (s *system) strange() {
	s.t.Helper()
	ring, err := secret.ParseKeyring(secret.New(fixtureKey(s.t)))
	require.NoError(s.t, err)
	c := s.temporalClient()
	data, failures := temporalclient.Converters(temporalclient.NewCodec(ring))
	sealed, err := client.NewClientFromExisting(c, client.Options{HostPort: s.temporal, DataConverter: data, FailureConverter: failures})
	require.NoError(s.t, err)
	s.t.Cleanup(sealed.Close)

	s.wxdesk("dev", "stop", "worker")
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
	require.NoError(s.t, other.Start())
	run, err := sealed.ExecuteWorkflow(s.t.Context(), client.StartWorkflowOptions{ID: "conversation/strange", TaskQueue: "conversations"},
		"Conversation", workflows.Input{State: &workflows.State{Begun: true, LastActivity: time.Now(), IdleClose: time.Hour}})
	require.NoError(s.t, err)
	<-begun
	s.until(10*time.Second, "its first step is recorded", func() bool { return len(s.history(c, run.GetID(), run.GetRunID())) >= 5 })
	other.Stop()
	s.wxdesk("dev", "start", "worker")
	require.NoError(s.t, sealed.SignalWorkflow(s.t.Context(), run.GetID(), run.GetRunID(), "nudge", nil))
}
