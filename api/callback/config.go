package callback

import (
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// Config is what the endpoint needs. All ports must be given.
type Config struct {
	Ports
	Log    *slog.Logger
	Now    func() time.Time
	Meters metric.MeterProvider
}

// Ports is who finds accounts for the endpoint, and who takes callbacks.
type Ports struct {
	Accounts Accounts
	Inbox    Inbox
	Spool    Spool
	Records  Records
}
