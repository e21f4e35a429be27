package cli

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// countPatience is how long the ledger may take to count for a metric.
const countPatience = time.Second

// showQuarantine offers how many callbacks wait in quarantine as a metric, counted whenever somebody looks.
func (s *components) showQuarantine() error {
	_, err := s.tel.Meters.Meter("wxdesk/quarantine").Int64ObservableGauge("wxdesk_quarantine_waiting",
		metric.WithDescription("Accepted callbacks that wait in quarantine for somebody to mend why they could not be read."),
		metric.WithInt64Callback(func(ctx context.Context, o metric.Int64Observer) error {
			ctx, cancel := context.WithTimeout(ctx, countPatience)
			defer cancel()
			n, err := s.db.intake.QuarantineWaiting(ctx)
			if err == nil {
				o.Observe(n)
			}
			return err
		}))
	return err
}
