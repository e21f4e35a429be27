package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const traceparent = "traceparent" // the header's name in W3C Trace Context

// Traceparent is the span of ctx as a W3C traceparent (55 characters), which may travel with a message; "" where ctx
// belongs to no trace.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[traceparent]
}

// WithTraceparent returns ctx under the span that a traceparent names. If that is empty or malformed, ctx stays as it
// is.
func WithTraceparent(ctx context.Context, parent string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceparent: parent})
}

// SpanUnder begins a span of the trace that a message's traceparent names, linked to the span of ctx: activities run
// under the workflow's trace, but a message's trace should be complete.
func (t *Telemetry) SpanUnder(ctx context.Context, parent, name string) (context.Context, trace.Span) {
	link := trace.WithLinks(trace.LinkFromContext(ctx))
	return t.Tracers.Tracer(serviceName).Start(WithTraceparent(ctx, parent), name, link)
}
