// Package temporalclient reaches Temporal: it dials with the payload codec, registers search attributes, and is the API's
// way to conversations.
package temporalclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/otel/metric"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	temporalotel "go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"

	"wxdesk/workflows"
)

// Options say how to dial.
type Options struct {
	// Env looks up TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS_* … as the SDK's own environment configuration
	// names them. nil reads the process's environment. Configuration files are never read.
	Env   envconfig.EnvLookup
	Codec *Codec
	Log   *slog.Logger
	Meter metric.Meter // nil for no metrics
}

// Lazy makes a client that connects when it is first used, so that a process starts, and says that it is not ready, while
// Temporal is away.
func Lazy(o Options) (client.Client, error) {
	opts, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{DisableFile: true, EnvLookup: o.Env})
	if err != nil {
		return nil, fmt.Errorf("read the TEMPORAL_* settings: %w", err)
	}
	opts.DataConverter, opts.FailureConverter = Converters(o.Codec)
	opts.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{} // what is sealed cannot be compressed; trying costs a quarter of the API's time
	opts.Logger = sdklog.NewStructuredLogger(o.Log)
	if o.Meter != nil {
		opts.MetricsHandler = remember(temporalotel.NewMetricsHandler(temporalotel.MetricsHandlerOptions{
			Meter: o.Meter, UseMonotonicCounters: true,
			OnError: func(err error) { o.Log.Warn("temporal metrics failed", "error", err) },
		}))
		countReplays(opts.MetricsHandler, cmp.Or(opts.Namespace, client.DefaultNamespace))
	}
	return client.NewLazyClient(opts)
}

// countReplays has the SDK's counter of workflows that do not replay begin at zero, so that the first one is an increase. The
// labels are those that the SDK will count it under.
func countReplays(h client.MetricsHandler, namespace string) {
	for _, workflow := range []string{workflows.Name, workflows.SweepName} {
		h.WithTags(map[string]string{
			"namespace": namespace, "client_name": "temporal_go", "worker_type": "none", "activity_type": "none",
			"task_queue": workflows.TaskQueue, "workflow_type": workflow, "failure_reason": "NonDeterminismError",
		}).Counter("temporal_workflow_task_execution_failed").Inc(0)
	}
}

// Converters seal payloads and failures; also for replaying recorded histories.
func Converters(codec *Codec) (converter.DataConverter, converter.FailureConverter) {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec), newFailures(codec)
}

// SearchAttributes are those that conversations use, by name, with Temporal's type.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	return map[string]enumspb.IndexedValueType{
		workflows.AttrAccount.GetName():      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.AttrState.GetName():        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.AttrHolder.GetName():       enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.AttrQueue.GetName():        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.AttrAgent.GetName():        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.AttrWaitingSince.GetName(): enumspb.INDEXED_VALUE_TYPE_DATETIME,
	}
}

// RegisterSearchAttributes makes them known to the namespace and returns the names of those that were new. Repeatable.
func RegisterSearchAttributes(ctx context.Context, c client.Client, namespace string) ([]string, error) {
	operator := c.OperatorService()
	known, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, fmt.Errorf("list search attributes of namespace %s: %w", namespace, err)
	}
	missing := SearchAttributes()
	maps.DeleteFunc(missing, func(name string, _ enumspb.IndexedValueType) bool {
		_, ok := known.GetCustomAttributes()[name]
		return ok
	})
	if len(missing) == 0 {
		return nil, nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: missing,
	})
	var exists *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return nil, fmt.Errorf("register search attributes in namespace %s: %w", namespace, err)
	}
	return slices.Sorted(maps.Keys(missing)), nil
}

// Reachable reports whether Temporal answers, within ctx.
func Reachable(ctx context.Context, c client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := c.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}
