package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"golang.org/x/time/rate"

	"wxdesk/internal/conversation"
)

const (
	instrumentation  = "wxdesk/api"
	callbacksCounter = "wxdesk_callbacks" // Prometheus shows it as wxdesk_callbacks_total
)

// refusal is a callback that is not answered with 200: the status, a stable word for counter and log, and the cause where
// there is one. The cause never holds what somebody said.
type refusal struct {
	status int
	reason string
	cause  error
}

func refuse(status int, reason string, cause error) error { return &refusal{status, reason, cause} }

// Error implements error.
func (r *refusal) Error() string { return fmt.Sprintf("callback refused: %s", r.reason) }

// Unwrap returns the cause.
func (r *refusal) Unwrap() error { return r.cause }

// journal counts what becomes of callbacks, and logs those that are refused or broken: reason and account, never the
// content, the openid, the signature or the query. The counter has them all; so that no flood fills a disk, each reason has
// linesAtOnce lines of the log, and from then on linesEachSecond.
type journal struct {
	log   *slog.Logger
	count metric.Int64Counter
	lines sync.Map // by reason: *rate.Limiter
}

const (
	linesAtOnce     = 50
	linesEachSecond = 10
)

// tells reports whether one more line for the reason may be written.
func (j *journal) tells(reason string) bool {
	limit, known := j.lines.Load(reason)
	if !known {
		limit, _ = j.lines.LoadOrStore(reason, rate.NewLimiter(linesEachSecond, linesAtOnce))
	}
	return limit.(*rate.Limiter).Allow()
}

func newJournal(log *slog.Logger, meters metric.MeterProvider) *journal {
	count, err := meters.Meter(instrumentation).Int64Counter(callbacksCounter,
		metric.WithDescription("What became of WeChat's callbacks: conversation, spooled, event, quarantine, check, or the reason of a refusal."))
	if err != nil {
		log.Error("callbacks are not counted", "error", err)
	}
	j := &journal{log: log, count: count}
	for _, outcome := range []string{reasonNotDurable, reasonOverloaded, reasonSignature} {
		j.count.Add(context.Background(), 0, outcomeIs(outcome)) // there from the start, so that the first one is an increase
	}
	return j
}

// note takes down how a request ended, and returns the status to answer with.
func (j *journal) note(ctx context.Context, id conversation.AccountID, err error) int {
	if err == nil {
		return http.StatusOK
	}
	r := new(refusal)
	if !errors.As(err, &r) {
		r = &refusal{status: http.StatusServiceUnavailable, reason: "internal", cause: err}
	}
	j.add(ctx, r.reason)
	if !j.tells(r.reason) {
		return r.status
	}
	if !isUUID(string(id)) {
		id = "" // anybody's text
	}
	fields := []any{"reason", r.reason, "account_id", id, "status", r.status}
	if r.cause != nil {
		fields = append(fields, "error", r.cause)
	}
	level := slog.LevelWarn
	if r.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	j.log.Log(ctx, level, "callback refused", fields...)
	return r.status
}

// quarantined takes down a callback that cannot be read.
func (j *journal) quarantined(ctx context.Context, l letter) {
	j.add(ctx, "quarantine")
	j.log.WarnContext(ctx, "callback quarantined", "reason", l.broken, "account_id", l.account.ID, "delivery_id", l.deliveryID)
}

// spooled takes down a callback that waits for its conversation, and why.
func (j *journal) spooled(ctx context.Context, l letter, why error) {
	j.add(ctx, "spooled")
	if j.tells("spooled") {
		j.log.WarnContext(ctx, "callback spooled", "account_id", l.account.ID, "error", why)
	}
}

func (j *journal) add(ctx context.Context, outcome string) {
	j.count.Add(ctx, 1, outcomeIs(outcome))
}

func outcomeIs(outcome string) metric.AddOption {
	return metric.WithAttributes(attribute.String("outcome", outcome))
}
