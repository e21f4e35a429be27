package activities_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.temporal.io/sdk/testsuite"

	"wxdesk/activities"
	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/telemetry"
	"wxdesk/internal/wechat"
)

// watched is a ledger that answers as its fields say, and notes the trace in which it was asked to write.
type watched struct {
	activities.Ledger
	receipts []callback.Receipt
	mark     delivery.Marking
	wroteIn  string

	forgotten map[string]int64
}

func (l *watched) Sweep(context.Context) ([]conversation.RunNotice, error) { return nil, nil }

func (l *watched) Forget(context.Context) (map[string]int64, error) {
	return l.forgotten, errors.New("no answer")
}

func (l *watched) AccountKeys(context.Context, conversation.Tenant, conversation.AccountID) (account.CallbackKeys, error) {
	return account.CallbackKeys{}, nil
}

func (l *watched) Receive(ctx context.Context, _ callback.Batch) (callback.Result, error) {
	l.wroteIn = telemetry.Traceparent(ctx)
	return callback.Result{Receipts: l.receipts}, nil
}

func (l *watched) Credentials(context.Context, conversation.Tenant, conversation.AccountID) (wechat.Credentials, error) {
	return wechat.Credentials{}, nil
}

func (l *watched) MarkSending(context.Context, conversation.Ref, string) (delivery.Marking, error) {
	return l.mark, nil
}

func (l *watched) RecordOutcome(context.Context, conversation.Ref, conversation.MessageID, string, wechat.SendOutcome) (conversation.Situation, error) {
	return conversation.Situation{}, nil
}

// weChat gives the same outcome to all.
type weChat wechat.SendOutcome

func (w weChat) Prepare(context.Context, wechat.Credentials) wechat.SendOutcome {
	return wechat.SendOutcome{Status: wechat.SendSent}
}

func (w weChat) SendText(context.Context, wechat.Credentials, wechat.OpenID, string) wechat.SendOutcome {
	return wechat.SendOutcome(w)
}

// observed is what can be seen from outside of activities that use it.
type observed struct {
	spans  *tracetest.SpanRecorder
	reader *metric.ManualReader
	acts   *activities.Activities
	env    *testsuite.TestActivityEnvironment
}

func newObserved(t *testing.T, l *watched, w weChat) observed {
	t.Helper()
	s := observed{spans: tracetest.NewSpanRecorder(), reader: metric.NewManualReader()}
	metrics, err := activities.NewMetrics(metric.NewMeterProvider(metric.WithReader(s.reader)).Meter("test"))
	require.NoError(t, err)
	tel := telemetry.Telemetry{Tracers: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(s.spans))}
	s.acts = &activities.Activities{Ledger: ledgerOf(l), WeChat: w, Permits: permits{}, Span: tel.SpanUnder, Metrics: metrics}
	s.env = new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	s.env.RegisterActivity(s.acts)
	return s
}

// points are the counts of a metric that has counted, by its labels as text.
func (s observed) points(t *testing.T, name string) map[string]int {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, s.reader.Collect(t.Context(), &all))
	counts := map[string]int{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != name {
				continue
			}
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					counts[p.Attributes.Encoded(attribute.DefaultEncoder())] = int(p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					counts[p.Attributes.Encoded(attribute.DefaultEncoder())] = int(p.Count)
				}
			}
		}
	}
	maps.DeleteFunc(counts, func(_ string, n int) bool { return n == 0 })
	return counts
}

// What is deleted is counted, also if a part of it failed.
func TestSweep_countsWhatIsForgotten(t *testing.T) {
	t.Parallel()
	l := &watched{forgotten: map[string]int64{"receipts": 500, "audit": 2, "events": 0}}
	s := newObserved(t, l, weChat{})
	_, err := s.env.ExecuteActivity(s.acts.Sweep)
	require.ErrorContains(t, err, "no answer")
	require.Equal(t, map[string]int{"kind=receipts": 500, "kind=audit": 2}, s.points(t, "wxdesk_forgotten"))
}

func TestReceive_hasASpanInTheTraceOfEachMessage(t *testing.T) {
	t.Parallel()
	const (
		one = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		two = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	)
	l := &watched{receipts: []callback.Receipt{{Outcome: callback.ReceiptNew}, {Outcome: callback.ReceiptQuarantined}}}
	s := newObserved(t, l, weChat{})
	_, err := s.env.ExecuteActivity(s.acts.Receive, activities.ReceiveInput{Callbacks: []activities.Callback{
		{DeliveryID: "a", KeyID: "unknown", Traceparent: one, ReceivedAt: time.Now()},
		{DeliveryID: "b", KeyID: "unknown", Traceparent: two, ReceivedAt: time.Now()},
	}})
	require.NoError(t, err)

	spans := s.spans.Ended()
	require.Len(t, spans, 2)
	for i, parent := range []string{one, two} {
		require.Equal(t, parent[36:52], spans[i].Parent().SpanID().String())
		require.Equal(t, parent[3:35], spans[i].SpanContext().TraceID().String())
	}
	require.Contains(t, l.wroteIn, spans[0].SpanContext().SpanID().String(), "the one transaction is in the first one's trace")
	require.Equal(t, spans[0].SpanContext().SpanID(), spans[1].Links()[0].SpanContext.SpanID(), "and the other leads there")

	require.Equal(t, map[string]int{"": 1}, s.points(t, "wxdesk_receive"))
	quarantined := s.points(t, "wxdesk_quarantined")
	require.Len(t, quarantined, 1)
	for labels, n := range quarantined {
		require.Regexp(t, `^reason=[a-z-]+$`, labels)
		require.Equal(t, 1, n)
	}
}

func TestSend_isCountedByFinalStatus(t *testing.T) {
	t.Parallel()
	sending := delivery.Marking{
		Status: conversation.DeliverySending, Attempts: 1, AccountKind: account.KindService, Waited: time.Second,
	}
	for name, c := range map[string]struct {
		mark     delivery.Marking
		outcome  wechat.SendOutcome
		counted  map[string]int
		answered map[string]int
	}{
		"sent": {
			sending,
			wechat.SendOutcome{Status: wechat.SendSent},
			map[string]int{"reason=,status=sent": 1},
			map[string]int{"account_kind=service": 1},
		},
		"refused": {
			sending,
			wechat.SendOutcome{Status: wechat.SendFailed, Reason: "reply-count-spent"},
			map[string]int{"reason=reply-count-spent,status=failed": 1},
			map[string]int{},
		},
		"again later": {sending, wechat.SendOutcome{Status: wechat.SendLater}, map[string]int{}, map[string]int{}},
		"not tried": {
			delivery.Marking{Status: conversation.DeliveryFailed, Reason: "reply-window-closed"},
			wechat.SendOutcome{},
			map[string]int{"reason=reply-window-closed,status=failed": 1},
			map[string]int{},
		},
		"sent before": {
			delivery.Marking{Status: conversation.DeliverySent}, wechat.SendOutcome{}, map[string]int{}, map[string]int{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newObserved(t, &watched{mark: c.mark}, weChat(c.outcome))
			_, err := s.env.ExecuteActivity(s.acts.Send, activities.SendInput{})
			require.NoError(t, err)
			require.Equal(t, c.counted, s.points(t, "wxdesk_deliveries"))
			require.Equal(t, c.answered, s.points(t, "wxdesk_answer"))
		})
	}
}
