package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Limit is something that a process has only so much of, such as connections.
type Limit struct {
	Name string       // in kebab-case, the label "limit"; no two limits of a process share it
	Used func() int64 // how much is in use now; any goroutine may call it
	Max  int64
}

// MeasureLimits has the limits read with the metrics, as wxdesk_limit_used and wxdesk_limit_max. Who has further limits calls it
// again.
func MeasureLimits(meters metric.MeterProvider, limits ...Limit) error {
	meter := meters.Meter("wxdesk/limits")
	used, err1 := meter.Int64ObservableGauge("wxdesk_limit_used",
		metric.WithDescription("How much is in use of what this process has only so much of, by limit."))
	most, err2 := meter.Int64ObservableGauge("wxdesk_limit_max",
		metric.WithDescription("How much there is of it."))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	_, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, l := range limits {
			name := metric.WithAttributes(attribute.String(FieldLimit, l.Name))
			o.ObserveInt64(used, l.Used(), name)
			o.ObserveInt64(most, l.Max, name)
		}
		return nil
	}, used, most)
	return err
}
