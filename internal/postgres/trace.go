package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/XSAM/otelsql"
	"github.com/lib/pq"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// WithTracers records a span for each statement that is part of a recorded trace: its text, which is a constant in the
// code, and, if it fails, the SQLSTATE. It records no argument, no row, and no text of an error, which may quote them.
// What belongs to no message, such as a worker's beat, makes no trace of its own.
func WithTracers(tracers trace.TracerProvider) Option {
	return func(o *options) {
		o.open = func(c driver.Connector) *sql.DB {
			return otelsql.OpenDB(c,
				otelsql.WithTracerProvider(tracers),
				otelsql.WithAttributes(attribute.String("db.system.name", "postgresql")),
				otelsql.WithSpanErrorAttributesGetter(sqlState),
				otelsql.WithSpanOptions(otelsql.SpanOptions{
					SpanFilter: func(ctx context.Context, _ otelsql.Method, _ string, _ []driver.NamedValue) bool {
						return trace.SpanFromContext(ctx).IsRecording()
					},
					RecordError:          func(error) bool { return false },
					OmitConnResetSession: true,
					OmitRows:             true,
				}),
			)
		}
	}
}

// sqlState says how a statement failed; driver.ErrSkip means only that database/sql takes another way.
func sqlState(err error) []attribute.KeyValue {
	if errors.Is(err, driver.ErrSkip) {
		return nil
	}
	if refused := pq.As(err); refused != nil {
		return []attribute.KeyValue{attribute.String("db.response.status_code", string(refused.Code))}
	}
	return []attribute.KeyValue{attribute.String("error.type", "connection")}
}
