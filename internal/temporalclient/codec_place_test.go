package temporalclient_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wxdesk/internal/devstack"
	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
)

// of is a codec for a workflow of a namespace.
func of(c *temporalclient.Codec, namespace, id string) converter.PayloadCodec {
	return c.WithSerializationContext(converter.WorkflowSerializationContext{Namespace: namespace, WorkflowID: id})
}

// S1, K12
func TestCodec_opensOnlyForItsWorkflow(t *testing.T) {
	t.Parallel()
	keys := ring(t, secret.NewMasterKey("a"))
	sealed, err := of(temporalclient.NewCodec(keys), "default", "one").Encode(plain(t))
	require.NoError(t, err)
	for _, codec := range []*temporalclient.Codec{temporalclient.NewCodec(keys), temporalclient.NewWorkerCodec(keys)} {
		opened, err := of(codec, "default", "one").Decode(sealed)
		require.NoError(t, err)
		require.Equal(t, plain(t)[0].GetData(), opened[0].GetData())
		_, err = codec.WithSerializationContext(converter.ActivitySerializationContext{Namespace: "default", WorkflowID: "one"}).Decode(sealed)
		require.NoError(t, err, "an activity of the workflow")
		_, err = of(codec, "default", "two").Decode(sealed)
		require.ErrorContains(t, err, "another workflow")
		_, err = of(codec, "other", "one").Decode(sealed)
		require.ErrorContains(t, err, "another workflow")
		_, err = of(codec, "ReplayNamespace", "ReplayId").Decode(sealed)
		require.NoError(t, err, "recorded histories replay")
	}
	sealed[0].Metadata["wxdesk-place"] = []byte("default/two")
	_, err = of(temporalclient.NewCodec(keys), "default", "two").Decode(sealed)
	require.ErrorIs(t, err, secret.ErrUnavailable, "the place is proved")
}

func TestCodec_dayIsAuthenticated(t *testing.T) {
	t.Parallel()
	codec := temporalclient.NewCodec(ring(t, secret.NewMasterKey("a")))
	sealed, err := codec.Encode(plain(t))
	require.NoError(t, err)
	require.Equal(t, time.Now().UTC().Format(time.DateOnly), string(sealed[0].GetMetadata()["wxdesk-day"]))
	for _, day := range []string{"2001-01-01", "", "today"} {
		sealed[0].Metadata["wxdesk-day"] = []byte(day)
		_, err = codec.Decode(sealed)
		require.Error(t, err, day)
	}
}

// Random nonces are good for so many payloads under one key, so a day's payloads do not share their key with another day's.
func TestCodec_eachDayHasItsOwnKey(t *testing.T) {
	t.Parallel()
	keys := ring(t, secret.NewMasterKey("a"))
	sealed, err := of(temporalclient.NewCodec(keys), "default", "one").Encode(plain(t))
	require.NoError(t, err)
	day := string(sealed[0].GetMetadata()["wxdesk-day"])
	_, err = keys.Open("temporal payload "+day, "default/one", sealed[0].GetData())
	require.NoError(t, err)
	for _, label := range []string{"temporal payload", "temporal payload 2001-01-01"} {
		_, err = keys.Open(label, "default/one", sealed[0].GetData())
		require.ErrorIs(t, err, secret.ErrUnavailable, label)
	}
}

// S1
func TestCodec_workersRefuseUnsealedPayloads(t *testing.T) {
	t.Parallel()
	keys := ring(t, secret.NewMasterKey("a"))
	for _, codec := range []converter.PayloadCodec{
		temporalclient.NewWorkerCodec(keys), of(temporalclient.NewWorkerCodec(keys), "default", "one"), of(temporalclient.NewCodec(keys), "default", "one"),
	} {
		_, err := codec.Decode(plain(t))
		require.ErrorContains(t, err, "not sealed")
	}
	shown, err := temporalclient.NewCodec(keys).Decode(plain(t))
	require.NoError(t, err, "the Web UI shows what is not sealed")
	require.Equal(t, canary, text(t, shown[0]))
}

func text(t *testing.T, p *commonpb.Payload) (value string) {
	t.Helper()
	require.NoError(t, converter.GetDefaultDataConverter().FromPayload(p, &value))
	return value
}

// everyWay has payloads go every way that Temporal has for them, and continues as new once.
func everyWay(ctx workflow.Context, said string) (string, error) {
	if said == "again" {
		return said, nil
	}
	var drawn, signalled string
	err := workflow.SetUpdateHandler(ctx, "update", func(ctx workflow.Context, in string) (string, error) {
		if in == "bad" {
			return "", temporal.NewApplicationError(canary, "kind", in)
		}
		err := workflow.Await(ctx, func() bool { return signalled != "" })
		return in + signalled, err
	})
	if err != nil {
		return "", err
	}
	if err := workflow.SetQueryHandler(ctx, "query", func(in string) (string, error) { return in + drawn, nil }); err != nil {
		return "", err
	}
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1}})
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute, Summary: "summary", RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 2}})
	for _, in := range []string{"good", "bad"} {
		var here, there string
		errHere := workflow.ExecuteLocalActivity(local, echo, in).Get(ctx, &here)
		errThere := workflow.ExecuteActivity(ctx, echo, in).Get(ctx, &there)
		if here != there || (in == "bad") != (errHere != nil) || (in == "bad") != (errThere != nil) {
			return "", errors.Join(errors.New("activities differ"), errHere, errThere)
		}
	}
	if err := workflow.SideEffect(ctx, func(workflow.Context) any { return "drawn" }).Get(&drawn); err != nil {
		return "", err
	}
	workflow.SetCurrentDetails(ctx, "details")
	workflow.GetSignalChannel(ctx, "signal").Receive(ctx, &signalled)
	var end string
	workflow.GetSignalChannel(ctx, "end").Receive(ctx, &end)
	return "", workflow.NewContinueAsNewError(ctx, everyWay, end)
}

func echo(_ context.Context, in string) (string, error) {
	if in == "bad" {
		return "", temporal.NewApplicationError(canary, "kind", in)
	}
	return in, nil
}

func TestCodec_everyPayloadOfARunOpens(t *testing.T) {
	t.Parallel()
	address, namespace := devstack.TestTemporal(t)
	keys := ring(t, secret.NewMasterKey("a"))
	dial := func(codec *temporalclient.Codec) client.Client {
		data, failed := temporalclient.Converters(codec)
		c, err := client.Dial(client.Options{
			HostPort: address, Namespace: namespace, DataConverter: data, FailureConverter: failed, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		})
		require.NoError(t, err)
		t.Cleanup(c.Close)
		return c
	}
	const queue = "every-way"
	worker := sdkworker.New(dial(temporalclient.NewWorkerCodec(keys)), queue, sdkworker.Options{})
	worker.RegisterWorkflow(everyWay)
	worker.RegisterActivity(echo)
	require.NoError(t, worker.Start())
	t.Cleanup(worker.Stop)

	c := dial(temporalclient.NewCodec(keys))
	run, err := c.SignalWithStartWorkflow(t.Context(), "every-way", "signal", "heard", client.StartWorkflowOptions{
		TaskQueue: queue, StaticSummary: "summary", WorkflowExecutionTimeout: time.Minute,
	}, everyWay, "first")
	require.NoError(t, err)
	var got string
	for in, want := range map[string]string{"good": "goodheard", "bad": ""} {
		update, err := c.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
			WorkflowID: "every-way", UpdateName: "update", Args: []any{in}, WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		require.NoError(t, err)
		err = update.Get(t.Context(), &got)
		if want == "" {
			require.ErrorContains(t, err, canary)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	answer, err := c.QueryWorkflow(t.Context(), "every-way", "", "query", "asked")
	require.NoError(t, err)
	require.NoError(t, answer.Get(&got))
	require.Equal(t, "askeddrawn", got)

	stranger, err := client.Dial(client.Options{HostPort: address, Namespace: namespace, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err)
	t.Cleanup(stranger.Close)
	require.NoError(t, stranger.SignalWorkflow(t.Context(), "every-way", "", "end", "by a stranger"))
	require.NoError(t, c.SignalWorkflow(t.Context(), "every-way", "", "end", "again"))
	require.NoError(t, run.Get(t.Context(), &got))
	require.Equal(t, "again", got, "what a stranger sent unsealed is dropped")
}
