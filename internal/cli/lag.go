package cli

import (
	"context"

	"go.opentelemetry.io/otel/metric"
)

// measureLag has the distribution's lag read with the metrics. Every worker says the same; the ledger is one.
func (s *components) measureLag() error {
	_, err := s.tel.Meters.Meter("wxdesk/distribution").Float64ObservableGauge("wxdesk_distribution_lag", metric.WithUnit("s"),
		metric.WithDescription("How long the oldest distribution trigger that is due, or notice to a run, has waited to be taken up."),
		metric.WithFloat64Callback(func(ctx context.Context, o metric.Float64Observer) error {
			lag, err := s.db.upkeep.DistributionLag(ctx)
			if err == nil {
				o.Observe(lag.Seconds())
			}
			return err
		}))
	return err
}
