package callback

import (
	"context"

	"go.opentelemetry.io/otel/metric"
)

// The gauges of the spool. Every API process shows the same.
const (
	spoolGauge    = "wxdesk_spool_callbacks"
	spoolAgeGauge = "wxdesk_spool_oldest_seconds"
)

// measure shows on /metrics how many callbacks wait. It shows no figures if the ledger does not answer.
func (s *spool) measure(meters metric.MeterProvider) {
	meter := meters.Meter(instrumentation)
	callbacks, err1 := meter.Int64ObservableGauge(spoolGauge,
		metric.WithDescription("Acknowledged callbacks that wait in Postgres until Temporal takes them."))
	oldest, err2 := meter.Float64ObservableGauge(spoolAgeGauge,
		metric.WithDescription("For how long the oldest of them has waited."))
	_, err3 := meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		ctx, cancel := context.WithTimeout(ctx, pollWithin)
		defer cancel()
		n, age, err := s.store.SpoolSize(ctx)
		if err == nil {
			o.ObserveInt64(callbacks, n)
			o.ObserveFloat64(oldest, age.Seconds())
		}
		return err
	}, callbacks, oldest)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			s.log.Error("spool metrics failed", "error", err)
		}
	}
}
