package callback

import (
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"
)

// Config is what the endpoint needs. All its ports must be set.
type Config struct {
	Ports
	Log    *slog.Logger
	Now    func() time.Time
	Meters metric.MeterProvider
}

// Ports are the stores and services that the endpoint uses.
type Ports struct {
	Accounts Accounts
	Inbox    Inbox
	Spool    Spool
	Records  Records
}
