package activities

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/wechat"
)

// Metrics counts and times what activities do, for operators. Labels are words of ours, never an account or a customer. A
// nil Metrics measures nothing. A step that a crash made run twice may be counted twice.
type Metrics struct {
	deliveries  metric.Int64Counter
	quarantined metric.Int64Counter
	forgotten   metric.Int64Counter
	received    metric.Float64Histogram
	answered    metric.Float64Histogram
	overdue     metric.Int64Counter
}

// NewMetrics makes the instruments.
func NewMetrics(meter metric.Meter) (*Metrics, error) {
	var errs [6]error
	m := new(Metrics)
	m.deliveries, errs[0] = meter.Int64Counter("wxdesk_deliveries",
		metric.WithDescription("Messages to customers by final status (sent, failed, unknown) and reason."))
	m.quarantined, errs[1] = meter.Int64Counter("wxdesk_quarantined",
		metric.WithDescription("Accepted callbacks that a worker could not read and put into quarantine, by reason."))
	m.received, errs[2] = meter.Float64Histogram("wxdesk_receive", metric.WithUnit("s"),
		metric.WithDescription("Time from the callback endpoint to the transcript, of customers' messages."))
	m.answered, errs[3] = meter.Float64Histogram("wxdesk_answer", metric.WithUnit("s"),
		metric.WithDescription("Time from the transcript to WeChat's taking the answer, by kind of account."))
	m.overdue, errs[4] = meter.Int64Counter("wxdesk_conversations_overdue",
		metric.WithDescription("Conversations that a sweep found to owe something for a minute past its time; each sweep counts them again."))
	m.forgotten, errs[5] = meter.Int64Counter("wxdesk_forgotten",
		metric.WithDescription("Rows that were deleted because they are kept no longer, by kind; a conversation stands for all that belongs to it."))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	// What somebody is to be told of is there from the start, so that the first one is an increase.
	ctx := context.Background()
	m.quarantine(ctx, 0, callback.OtherContent)
	m.late(ctx, 0)
	m.delivery(ctx, 0, string(wechat.SendFailed), "")
	for _, reason := range []string{
		delivery.ReasonAnswerLost, wechat.ReasonUnanswered, wechat.ReasonServerError, wechat.ReasonAnswerUnclear,
	} {
		m.delivery(ctx, 0, string(wechat.SendUnknown), reason)
	}
	return m, nil
}

// arrived takes down what became of a callback.
func (m *Metrics) arrived(ctx context.Context, a callback.Arrival, outcome callback.ReceiptOutcome) {
	switch {
	case m == nil:
	case outcome == callback.ReceiptNew:
		m.received.Record(ctx, max(0, time.Since(a.ReceivedAt).Seconds()))
	case outcome == callback.ReceiptQuarantined:
		reason := a.Quarantine
		if reason == "" {
			reason = callback.OtherContent // it could be read, so that was why
		}
		m.quarantine(ctx, 1, reason)
	}
}

// late takes down how many conversations a sweep has nudged.
func (m *Metrics) late(ctx context.Context, n int) {
	if m != nil {
		m.overdue.Add(ctx, int64(n))
	}
}

func (m *Metrics) quarantine(ctx context.Context, n int64, reason string) {
	m.quarantined.Add(ctx, n, metric.WithAttributes(attribute.String("reason", reason)))
}

// forgot takes down how many rows of each kind were deleted.
func (m *Metrics) forgot(ctx context.Context, gone map[string]int64) {
	if m == nil {
		return
	}
	for kind, n := range gone {
		m.forgotten.Add(ctx, n, metric.WithAttributes(attribute.String("kind", kind)))
	}
}

// notTried counts a message that did not go out, or whose attempt was lost. Messages that were sent are counted already.
func (m *Metrics) notTried(ctx context.Context, mark delivery.Marking) {
	if m != nil && (mark.Status == conversation.DeliveryFailed || mark.Status == conversation.DeliveryUnknown) {
		m.delivery(ctx, 1, string(mark.Status), mark.Reason)
	}
}

// tried counts the outcome of an attempt that began with mark.
func (m *Metrics) tried(ctx context.Context, mark delivery.Marking, began time.Time, o wechat.SendOutcome) {
	if m == nil || o.Status == wechat.SendLater {
		return
	}
	m.delivery(ctx, 1, string(o.Status), o.Reason)
	if o.Status == wechat.SendSent && mark.Waited > 0 {
		m.answered.Record(ctx, (mark.Waited + time.Since(began)).Seconds(),
			metric.WithAttributes(attribute.String("account_kind", string(mark.AccountKind))))
	}
}

func (m *Metrics) delivery(ctx context.Context, n int64, status, reason string) {
	m.deliveries.Add(ctx, n, metric.WithAttributes(attribute.String("status", status), attribute.String("reason", reason)))
}
