package web

import (
	"context"

	"go.opentelemetry.io/otel/propagation"
)

// Traceparent is the request's W3C trace context, "" where nobody traces.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}
