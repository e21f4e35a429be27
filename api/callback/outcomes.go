package callback

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"golang.org/x/time/rate"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
)

const (
	instrumentation  = "wxdesk/api"
	callbacksCounter = "wxdesk_callbacks" // Prometheus shows it as wxdesk_callbacks_total
)

// outcomes counts how callbacks end, and logs those that are refused or broken: reason and account, never the content, the openid,
// the signature or the query. The counter counts all of them. The log has linesAtOnce lines for each reason, and from then on
// linesEachSecond, so that no flood fills a disk.
type outcomes struct {
	log     *slog.Logger
	counter metric.Int64Counter
	lines   sync.Map // by reason: *rate.Limiter
}

const (
	linesAtOnce     = 50
	linesEachSecond = 10
)

// mayLog reports whether one more line for the reason may be written.
func (o *outcomes) mayLog(reason string) bool {
	limit, known := o.lines.Load(reason)
	if !known {
		limit, _ = o.lines.LoadOrStore(reason, rate.NewLimiter(linesEachSecond, linesAtOnce))
	}
	return limit.(*rate.Limiter).Allow()
}

func newOutcomes(log *slog.Logger, meters metric.MeterProvider) *outcomes {
	count, err := meters.Meter(instrumentation).Int64Counter(callbacksCounter,
		metric.WithDescription("What became of WeChat's callbacks: conversation, spooled, event, quarantine, check, or the reason of a refusal."))
	if err != nil {
		log.Error("callback metrics failed", "error", err)
	}
	o := &outcomes{log: log, counter: count}
	for _, outcome := range []string{reasonNotDurable, reasonOverloaded, reasonSignature} {
		o.counter.Add(context.Background(), 0, outcomeIs(outcome)) // there from the start, so that the first one is an increase
	}
	return o
}

// end counts and logs how a request ended, and returns the status to answer with.
func (o *outcomes) end(ctx context.Context, id conversation.AccountID, err error) int {
	if err == nil {
		return http.StatusOK
	}
	r := new(rejection)
	if !errors.As(err, &r) {
		r = &rejection{status: http.StatusServiceUnavailable, reason: "internal", cause: err}
	}
	o.count(ctx, r.reason)
	if !o.mayLog(r.reason) {
		return r.status
	}
	if !web.IsUUID(string(id)) {
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
	o.log.Log(ctx, level, "callback refused", fields...)
	return r.status
}

// quarantined counts and logs a callback that cannot be read.
func (o *outcomes) quarantined(ctx context.Context, cb verifiedCallback) {
	o.count(ctx, "quarantine")
	o.log.WarnContext(ctx, "callback quarantined", "reason", cb.broken, "account_id", cb.account.ID, "delivery_id", cb.deliveryID)
}

// spooled counts and logs a callback that waits for its conversation, and why.
func (o *outcomes) spooled(ctx context.Context, cb verifiedCallback, why error) {
	o.count(ctx, "spooled")
	if o.mayLog("spooled") {
		o.log.WarnContext(ctx, "callback spooled", "account_id", cb.account.ID, "error", why)
	}
}

func (o *outcomes) count(ctx context.Context, outcome string) {
	o.counter.Add(ctx, 1, outcomeIs(outcome))
}

func outcomeIs(outcome string) metric.AddOption {
	return metric.WithAttributes(attribute.String("outcome", outcome))
}
