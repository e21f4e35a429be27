package wxapi

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"wxdesk/internal/telemetry"
)

// An access token lives two hours and is renewed before its end, so WeChat has no reason to refuse one. If it does so
// again and again, somebody else fetches tokens for the account and puts an end to ours each time (W09).
const (
	refusalWindow = time.Hour
	fewRefusals   = 3 // in a window; more are an alert
)

// Counters; Prometheus adds _total.
const (
	refusedTokensCounter = "wxdesk_access_tokens_refused"
	tokenAlertsCounter   = "wxdesk_access_token_alerts"
)

// watch counts the access tokens that WeChat refused before their time, as far as this process met them, and says once in
// a window when there are too many.
type watch struct {
	log     *slog.Logger
	now     func() time.Time
	refused metric.Int64Counter
	alerts  metric.Int64Counter

	mu        sync.Mutex
	recent    map[string][]time.Time // by account: the last refusals, at most fewRefusals+1
	lastAlert map[string]time.Time   // by account: the last alert
}

func newWatch(log *slog.Logger, meter metric.Meter, now func() time.Time) *watch {
	return &watch{
		log: log, now: now,
		refused: counter(meter, refusedTokensCounter, "Access tokens that WeChat refused before their time and that were replaced."),
		alerts:  counter(meter, tokenAlertsCounter, "Hours in which WeChat refused more than 3 access tokens of one account."),
		recent:  map[string][]time.Time{}, lastAlert: map[string]time.Time{},
	}
}

// counter never fails: whoever counts does not stop a message because it cannot be counted.
func counter(meter metric.Meter, name, description string) metric.Int64Counter {
	c, err := meter.Int64Counter(name, metric.WithDescription(description))
	if err != nil {
		return noop.Int64Counter{}
	}
	return c
}

// knows has an account's counters begin at zero, so that its first refusal is an increase.
func (w *watch) knows(ctx context.Context, accountID string) {
	account := metric.WithAttributes(attribute.String(telemetry.FieldAccount, accountID))
	w.refused.Add(ctx, 0, account)
	w.alerts.Add(ctx, 0, account)
}

// replaced notes that a refused token of an account was replaced.
func (w *watch) replaced(ctx context.Context, accountID string) {
	account := metric.WithAttributes(attribute.String(telemetry.FieldAccount, accountID))
	w.refused.Add(ctx, 1, account)
	if !w.tooMany(accountID) {
		return
	}
	w.alerts.Add(ctx, 1, account)
	w.log.WarnContext(ctx, "access tokens refused repeatedly, another program fetches them",
		telemetry.FieldAccount, accountID, telemetry.FieldCount, fewRefusals+1, telemetry.FieldDuration, refusalWindow)
}

func (w *watch) tooMany(accountID string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	recent := append(w.recent[accountID], now)
	for len(recent) > fewRefusals+1 {
		recent = recent[1:]
	}
	w.recent[accountID] = recent
	within := len(recent) > fewRefusals && now.Sub(recent[0]) < refusalWindow
	if last, before := w.lastAlert[accountID]; !within || before && now.Sub(last) < refusalWindow {
		return false
	}
	w.lastAlert[accountID] = now
	return true
}
