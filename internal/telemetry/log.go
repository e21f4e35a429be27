package telemetry

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// LogOptions say how a process logs. The zero value is JSON from level info.
type LogOptions struct {
	Process string // api, worker …; "" leaves the field out
	Level   slog.Level
	Text    bool // key=value for people at a terminal, rather than JSON
}

// NewLogger writes log lines to w, one write for each. Every line has the fields service and process, and trace_id and
// span_id if its context belongs to a trace.
func NewLogger(w io.Writer, o LogOptions) *slog.Logger {
	opts := &slog.HandlerOptions{Level: o.Level}
	var lines slog.Handler = slog.NewJSONHandler(w, opts)
	if o.Text {
		lines = slog.NewTextHandler(w, opts)
	}
	log := slog.New(traced{lines}).With(FieldService, serviceName)
	if o.Process != "" {
		log = log.With(FieldProcess, o.Process)
	}
	return log
}

// traced adds the trace of a line's context. Inside an open group the fields become the group's.
type traced struct{ slog.Handler }

// Handle implements slog.Handler.
func (h traced) Handle(ctx context.Context, line slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		line = line.Clone()
		line.AddAttrs(
			slog.String(FieldTraceID, span.TraceID().String()),
			slog.String(FieldSpanID, span.SpanID().String()),
		)
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (h traced) WithGroup(name string) slog.Handler { return traced{h.Handler.WithGroup(name)} }
