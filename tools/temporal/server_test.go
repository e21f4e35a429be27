package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const taskQueue = "test"

// tally counts the signals and updates it gets until it is told to end.
func tally(ctx workflow.Context) (int, error) {
	count, ended := 0, false
	if err := workflow.SetUpdateHandler(ctx, "add", func(workflow.Context) (int, error) {
		count++
		return count, nil
	}); err != nil {
		return 0, err
	}
	added, end := workflow.GetSignalChannel(ctx, "add"), workflow.GetSignalChannel(ctx, "end")
	s := workflow.NewSelector(ctx).
		AddReceive(added, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil); count++ }).
		AddReceive(end, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil); ended = true })
	for !ended || added.Len() > 0 {
		s.Select(ctx)
	}
	return count, nil
}

// dial connects to the server's default namespace.
func dial(t *testing.T, s *process) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: s.frontend, Logger: quiet{}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// work runs a worker with tally until the test ends.
func work(t *testing.T, c client.Client, o worker.Options) {
	t.Helper()
	w := worker.New(c, taskQueue, o)
	w.RegisterWorkflowWithOptions(tally, workflow.RegisterOptions{Name: "tally", VersioningBehavior: workflow.VersioningBehaviorPinned})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

func signalWithStart(ctx context.Context, c client.Client, id, signal string) error {
	_, err := c.SignalWithStartWorkflow(ctx, id, signal, nil, client.StartWorkflowOptions{TaskQueue: taskQueue}, "tally")
	return err
}

// updateWithStart adds one and returns the new count.
func updateWithStart(ctx context.Context, c client.Client, id string) (count int, err error) {
	begin := c.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: id, TaskQueue: taskQueue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, "tally")
	h, err := c.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: begin,
		UpdateOptions:          client.UpdateWorkflowOptions{UpdateName: "add", WaitForStage: client.WorkflowUpdateStageCompleted},
	})
	if err != nil {
		return 0, err
	}
	return count, h.Get(ctx, &count)
}

func result(ctx context.Context, c client.Client, id string) (count int, err error) {
	return count, c.GetWorkflow(ctx, id, "").Get(ctx, &count)
}

func TestServer_isADevServerForTheSDK(t *testing.T) {
	t.Parallel()
	account := temporal.NewSearchAttributeKeyKeyword("WxAccount")
	since := temporal.NewSearchAttributeKeyTime("WaitingSince")
	srv, err := testsuite.StartDevServer(t.Context(), testsuite.DevServerOptions{
		ExistingPath:     binary,
		ClientOptions:    &client.Options{Namespace: "desk", Logger: quiet{}},
		DBFilename:       filepath.Join(t.TempDir(), "with space & 100%.db"),
		SearchAttributes: temporal.NewSearchAttributes(account.ValueSet(""), since.ValueSet(time.Time{})),
		LogLevel:         "warn", LogFormat: "json",
		Stdout: io.Discard, Stderr: io.Discard,
	})
	require.NoError(t, err)
	c := srv.Client()
	work(t, c, worker.Options{})

	_, err = c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "found", TaskQueue: taskQueue,
		TypedSearchAttributes: temporal.NewSearchAttributes(account.ValueSet("acc-1"), since.ValueSet(time.Now())),
	}, "tally")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		list, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: "desk", Query: `WxAccount = "acc-1" AND WaitingSince > "2020-01-01T00:00:00Z"`,
		})
		return err == nil && len(list.Executions) == 1
	}, 10*time.Second, 20*time.Millisecond)

	require.NoError(t, srv.Stop(), "SIGINT ends it with exit code 0")
}

func TestServer_servesSignalsAndUpdatesWithStart(t *testing.T) {
	t.Parallel()
	c := dial(t, begin(t, "--headless"))
	work(t, c, worker.Options{})

	count, err := updateWithStart(t.Context(), c, "one")
	require.NoError(t, err)
	require.Equal(t, 1, count, "started and updated")
	count, err = updateWithStart(t.Context(), c, "one")
	require.NoError(t, err)
	require.Equal(t, 2, count, "the running one updated")
	require.NoError(t, signalWithStart(t.Context(), c, "one", "add"))
	require.NoError(t, signalWithStart(t.Context(), c, "one", "end"))
	count, err = result(t.Context(), c, "one")
	require.NoError(t, err)
	require.Equal(t, 3, count)
}

func TestServer_keepsAcknowledgedSignalsOnKill(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.db")
	first := begin(t, "--headless", "--db-filename", file, "--search-attribute", "WxAccount=Keyword")
	before := dial(t, first)
	const runs, senders = 20, 4
	var acknowledged [runs]int
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := s; i < runs*5; i += senders {
				if signalWithStart(t.Context(), before, fmt.Sprint("run-", i%runs), "add") == nil {
					acknowledged[i%runs]++ // runs is a multiple of senders, so each run has one sender
				}
			}
		})
	}
	wg.Wait()
	first.kill(t)

	second := begin(t, "--headless", "--db-filename", file, "--port", first.port,
		"--search-attribute", "WxAccount=Keyword", "--search-attribute", "ConvState=Keyword", "--namespace", "late")
	after := dial(t, second)
	work(t, after, worker.Options{})
	for i, want := range acknowledged {
		id := fmt.Sprint("run-", i)
		require.NoError(t, after.SignalWorkflow(t.Context(), id, "", "end", nil))
		got, err := result(t.Context(), after, id)
		require.NoError(t, err)
		require.Equal(t, want, got, id)
	}

	key := temporal.NewSearchAttributeKeyKeyword("ConvState")
	_, err := after.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		TaskQueue: taskQueue, TypedSearchAttributes: temporal.NewSearchAttributes(key.ValueSet("open")),
	}, "tally")
	require.NoError(t, err, "an attribute that came with the second start")
	ns, err := client.NewNamespaceClient(client.Options{HostPort: second.frontend, Logger: quiet{}})
	require.NoError(t, err)
	defer ns.Close()
	late, err := ns.Describe(t.Context(), "late")
	require.NoError(t, err)
	require.Equal(t, 24*time.Hour, late.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
	require.NotContains(t, first.stderr.String()+second.stderr.String(), "database is locked")
}

func TestServer_dispatchesToWorkerDeployments(t *testing.T) {
	t.Parallel()
	c := dial(t, begin(t, "--headless"))
	v1 := worker.WorkerDeploymentVersion{DeploymentName: "desk", BuildID: "v1"}
	work(t, c, worker.Options{DeploymentOptions: worker.DeploymentOptions{UseVersioning: true, Version: v1}})

	require.Eventually(t, func() bool {
		_, err := c.WorkerDeploymentClient().GetHandle("desk").SetCurrentVersion(t.Context(),
			client.WorkerDeploymentSetCurrentVersionOptions{BuildID: "v1"})
		return err == nil
	}, 20*time.Second, 50*time.Millisecond)
	require.NoError(t, signalWithStart(t.Context(), c, "pinned", "add"))
	require.NoError(t, signalWithStart(t.Context(), c, "pinned", "end"))
	count, err := result(t.Context(), c, "pinned")
	require.NoError(t, err)
	require.Equal(t, 1, count)
}

func TestServer_runsSchedules(t *testing.T) {
	t.Parallel()
	c := dial(t, begin(t, "--headless"))
	work(t, c, worker.Options{})
	_, err := c.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
		ID: "sweep", TriggerImmediately: true,
		Action: &client.ScheduleWorkflowAction{ID: "swept", Workflow: "tally", TaskQueue: taskQueue},
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		list, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: `WorkflowType = "tally"`})
		return err == nil && len(list.Executions) == 1
	}, 20*time.Second, 50*time.Millisecond)
}

func TestServer_takesDynamicConfiguration(t *testing.T) {
	t.Parallel()
	srv := begin(t, "--headless", "--dynamic-config-value", "limit.blobSize.error=2000", "--dynamic-config-value", "no.such.key=1")
	ns, err := dial(t, srv).WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	require.NoError(t, err)
	require.EqualValues(t, 2000, ns.GetNamespaceInfo().GetLimits().GetBlobSizeLimitError())
	require.Contains(t, srv.stderr.String(), `unregistered key "no.such.key"`)
}

func TestServer_showsTheWebUIAndMetrics(t *testing.T) {
	t.Parallel()
	ui, metrics := freePort(), freePort()
	begin(t, "--ui-port", ui, "--metrics-port", metrics, "--ui-codec-endpoint", "http://127.0.0.1:9/codec")
	require.Contains(t, get(t, "http://127.0.0.1:"+ui+"/"), "<html")
	settings := get(t, "http://127.0.0.1:"+ui+"/api/v1/settings")
	require.Contains(t, settings, `"Endpoint":"http://127.0.0.1:9/codec"`)
	require.Contains(t, settings, `"IncludeCredentials":true`)
	require.Contains(t, settings, `"DefaultErrorLink":"http://127.0.0.1:9/codec/sign-in"`)
	require.Contains(t, get(t, "http://127.0.0.1:"+ui+"/api/v1/namespaces"), `"default"`)
	require.Contains(t, get(t, "http://127.0.0.1:"+metrics+"/metrics"), "service_requests")
}

// get polls, since both listeners open a moment after the frontend.
func get(t *testing.T, url string) (body string) {
	t.Helper()
	require.Eventually(t, func() bool {
		resp, err := http.Get(url)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		body = string(b)
		return err == nil && resp.StatusCode == http.StatusOK
	}, 10*time.Second, 20*time.Millisecond, url)
	return body
}
