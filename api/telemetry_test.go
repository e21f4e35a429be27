package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/wechat"
)

func TestTelemetry_holdsNoQueryAndNoContent(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	g.In(w)
	spans, reader := tracetest.NewSpanRecorder(), metric.NewManualReader()
	cfg := w.Config()
	cfg.Tracers = trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	cfg.Meters = metric.NewMeterProvider(metric.WithReader(reader))
	h := api.New(cfg).Handler()

	good, forged := g.Says(apitest.TextMessage("canary text")), g.Says(apitest.TextMessage("canary text"))
	forged.Query.Set("msg_signature", strings.Repeat("0", 40))
	good.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	apitest.RequireText(t, good.Post(t, h), http.StatusOK, "success")
	apitest.RequireText(t, forged.Post(t, h), http.StatusForbidden, "")
	apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations?cursor=canary", "")

	var metrics metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &metrics))
	seen := fmt.Sprintf("%+v", metrics)
	for _, span := range spans.Ended() {
		seen += fmt.Sprintf("%v %v %v %v", span.Name(), span.Attributes(), span.Events(), span.Status())
	}
	require.Contains(t, seen, "/wechat/:account")
	for _, secret := range []string{"canary", apitest.Customer, "signature=", good.Query.Get("msg_signature"), apitest.Nonce, "openid"} {
		require.NotContains(t, seen, secret)
	}

	got := w.Received[0].Traceparent
	require.Contains(t, got, spans.Ended()[0].SpanContext().TraceID().String())
	require.NotContains(t, got, "0af7651916cd43dd8448eb211c80319c", "a stranger's trace is not ours")
}

func TestTelemetry_callbacksAreCountedByOutcome(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	g.In(w)
	reader := metric.NewManualReader()
	cfg := w.Config()
	cfg.Meters = metric.NewMeterProvider(metric.WithReader(reader))
	h := api.New(cfg).Handler()
	g.Says(apitest.TextMessage("hi")).Post(t, h)
	g.Signed("AAAA").Post(t, h)
	forged := g.Says(apitest.TextMessage("hi"))
	forged.Query.Set("msg_signature", strings.Repeat("0", 40))
	forged.Post(t, h)
	apitest.CheckServerURL(g, h, func(*apitest.Callback) {})

	var metrics metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &metrics))
	counted := map[string]int64{}
	for _, scope := range metrics.ScopeMetrics {
		for _, m := range scope.Metrics {
			if sum, ok := m.Data.(metricdata.Sum[int64]); ok && m.Name == "wxdesk_callbacks" {
				for _, point := range sum.DataPoints {
					outcome, _ := point.Attributes.Value("outcome")
					counted[outcome.AsString()] = point.Value
				}
			}
		}
	}
	require.Equal(t, map[string]int64{
		"conversation": 1, "quarantine": 1, "signature": 1, "check": 1, "not-durable": 0, "overloaded": 0,
	}, counted)
}

func TestProblems_nameTheTraceForTheOperator(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	cfg := apitest.NewWorld().Config()
	cfg.Tracers = trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	h := api.New(cfg).Handler()
	for _, path := range []string{"/v1/conversations/" + apitest.ConvA, "/v1/conversations?limit=0", "/v1/conversations/1", "/nowhere"} {
		answer := apitest.Call(t, h, "agent", http.MethodGet, path, "")
		last := spans.Ended()[len(spans.Ended())-1]
		require.Contains(t, answer.Body.String(), `"trace_id":"`+last.SpanContext().TraceID().String()+`"`)
	}
}
