package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Options say who a process is and where its traces go.
type Options struct {
	Process string // api, worker …; traces and metrics call the service "wxdesk-" and this, unless OTEL_SERVICE_NAME is set
	Version string
	// ExportTraces sends spans by OTLP over HTTP, as OTEL_EXPORTER_OTLP_* and OTEL_TRACES_SAMPLER* say. Otherwise spans
	// only have ids, which log lines and problem documents show.
	ExportTraces bool
	Log          *slog.Logger // must be given; hears of spans that could not be exported
}

// Telemetry is what the parts of a process are given to trace and to measure with.
type Telemetry struct {
	Tracers    trace.TracerProvider
	Meters     metric.MeterProvider
	Propagator propagation.TextMapPropagator // W3C trace context; baggage is neither read nor sent
	Metrics    http.Handler                  // answers in Prometheus's text format
}

// Setup makes a process's telemetry. Call it once, early in the process's life: it also takes over the error reports of
// OpenTelemetry, which are global. Shutdown sends what is still to be sent, as long as its context allows.
func Setup(ctx context.Context, o Options) (t *Telemetry, shutdown func(context.Context) error, err error) {
	who, err := describe(ctx, o)
	if err != nil {
		return nil, nil, fmt.Errorf("describe the process to telemetry: %w", err)
	}
	tracers, err := newTracers(ctx, o, who)
	if err != nil {
		return nil, nil, fmt.Errorf("set up traces: %w", err)
	}
	meters, metrics, err := newMeters(who, o.Log)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("set up metrics: %w", err), tracers.Shutdown(ctx))
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { o.Log.Warn("telemetry failed", FieldError, err) }))

	shutdown = func(ctx context.Context) error {
		return errors.Join(tracers.Shutdown(ctx), meters.Shutdown(ctx))
	}
	return &Telemetry{
		Tracers: tracers, Meters: meters, Propagator: propagation.TraceContext{}, Metrics: metrics,
	}, shutdown, nil
}

// describe says who speaks. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
func describe(ctx context.Context, o Options) (*resource.Resource, error) {
	return resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			attribute.String("service.name", serviceName+"-"+o.Process),
			attribute.String("service.version", o.Version),
		),
		resource.WithFromEnv(),
	)
}

func newTracers(ctx context.Context, o Options, who *resource.Resource) (*sdktrace.TracerProvider, error) {
	if !o.ExportTraces {
		return sdktrace.NewTracerProvider(sdktrace.WithResource(who), sdktrace.WithSampler(sdktrace.NeverSample())), nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, err
	}
	return sdktrace.NewTracerProvider(sdktrace.WithResource(who), sdktrace.WithBatcher(exporter)), nil
}

// newMeters gives metrics a registry of their own, so that nothing a library registers globally shows up unasked.
func newMeters(who *resource.Resource, log *slog.Logger) (*sdkmetric.MeterProvider, http.Handler, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, nil, err
	}
	meters := sdkmetric.NewMeterProvider(
		sdkmetric.WithResource(who), sdkmetric.WithReader(exporter), sdkmetric.WithView(view),
	)
	return meters, promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}), nil
}

// view says how an instrument is kept. Every histogram of seconds gets buckets from 1 ms to 5 min: OpenTelemetry's
// default buckets begin at 5, meant for milliseconds, while Temporal's SDK measures in seconds. And whatever strangers
// decide about, such as the Host header, stays out of the labels of what our listeners measure.
func view(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
	s := sdkmetric.Stream{Name: i.Name, Description: i.Description, Unit: i.Unit}
	if strings.HasSuffix(i.Name, ".body.size") { // nobody looks at them, and they cost as much as the duration
		s.Aggregation = sdkmetric.AggregationDrop{}
		return s, true
	}
	if i.Kind == sdkmetric.InstrumentKindHistogram && i.Unit == "s" {
		s.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{
			0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
		}}
	}
	if strings.HasPrefix(i.Name, "http.server.") {
		s.AttributeFilter = attribute.NewAllowKeysFilter(
			"http.request.method", "http.route", "http.response.status_code", "error.type")
	}
	return s, true
}
