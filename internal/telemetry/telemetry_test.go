package telemetry_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"wxdesk/internal/telemetry"
)

// collector counts the trace exports that arrive at it, and names itself in the environment; such tests cannot be
// parallel.
func collector(t *testing.T) (exports *atomic.Int64, lastBody *atomic.Pointer[[]byte]) {
	t.Helper()
	exports, lastBody = new(atomic.Int64), new(atomic.Pointer[[]byte])
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil && r.URL.Path == "/v1/traces" {
			lastBody.Store(&body)
			exports.Add(1)
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	return exports, lastBody
}

func setUp(t *testing.T, export bool) *telemetry.Telemetry {
	t.Helper()
	tel, shutdown, err := telemetry.Setup(t.Context(), telemetry.Options{
		Process: "api", Version: "v1.2.3", ExportTraces: export, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, shutdown(t.Context())) })
	return tel
}

func TestSetup_exportsNothingWithoutEndpoint(t *testing.T) {
	exports, _ := collector(t)
	tel, shutdown, err := telemetry.Setup(t.Context(), telemetry.Options{Process: "api", Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)

	ctx, span := tel.Tracers.Tracer("test").Start(t.Context(), "turn")
	require.Len(t, telemetry.Traceparent(ctx), 55)
	require.False(t, span.IsRecording())
	span.End()

	require.NoError(t, shutdown(t.Context()))
	require.Zero(t, exports.Load())
}

func TestSetup_exportsSpansUnderTheProcessName(t *testing.T) {
	exports, body := collector(t)
	tel, shutdown, err := telemetry.Setup(t.Context(), telemetry.Options{
		Process: "worker", Version: "v1.2.3", ExportTraces: true, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)

	_, span := tel.SpanUnder(t.Context(), parent, "send")
	require.Equal(t, traceID, span.SpanContext().TraceID().String())
	span.End()

	require.NoError(t, shutdown(t.Context()), "shutdown sends what is left")
	require.EqualValues(t, 1, exports.Load())
	require.True(t, bytes.Contains(*body.Load(), []byte("wxdesk-worker")))
	require.True(t, bytes.Contains(*body.Load(), []byte("v1.2.3")))
}

func TestSetup_environmentMayNameTheService(t *testing.T) {
	t.Setenv("OTEL_SERVICE_NAME", "desk-of-shop")
	tel := setUp(t, false)
	count, err := tel.Meters.Meter("test").Int64Counter("callbacks")
	require.NoError(t, err)
	count.Add(t.Context(), 1)
	require.Contains(t, scrape(t, tel), `service_name="desk-of-shop"`)
}

func TestMetrics_ofOursAndOfTheRuntime(t *testing.T) {
	t.Parallel()
	tel := setUp(t, false)
	meter := tel.Meters.Meter("test")
	count, err := meter.Int64Counter("callbacks")
	require.NoError(t, err)
	count.Add(t.Context(), 2, metric.WithAttributes(attribute.String("outcome", "taken")))
	took, err := meter.Float64Histogram("send", metric.WithUnit("s"))
	require.NoError(t, err)
	took.Record(t.Context(), 0.002)

	text := scrape(t, tel)
	require.Contains(t, text, "callbacks_total{outcome=\"taken\"} 2\n")
	require.Contains(t, text, "send_seconds_bucket{le=\"0.001\"} 0\n")
	require.Contains(t, text, "send_seconds_bucket{le=\"0.0025\"} 1\n")
	require.Contains(t, text, "\ngo_goroutines ")
	require.Contains(t, text, `service_name="wxdesk-api"`)
}

// S1
func TestMetrics_labelsHoldNothingFromStrangers(t *testing.T) {
	t.Parallel()
	const canary = "canary-0d44"
	tel := setUp(t, false)
	engine := gin.New()
	engine.Use(otelgin.Middleware("api", otelgin.WithMeterProvider(tel.Meters), otelgin.WithTracerProvider(tel.Tracers)))
	engine.POST("/wechat/:account", func(c *gin.Context) { c.Status(http.StatusOK) })

	for _, target := range []string{"/wechat/" + canary + "?openid=" + canary, "/" + canary} {
		for _, method := range []string{http.MethodPost, "CANARY-0D44"} {
			r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(canary))
			r.Host = canary + ".example:8080"
			for _, name := range []string{"User-Agent", "X-Forwarded-For", "Forwarded", "X-Real-IP", "Baggage", "Content-Type"} {
				r.Header.Set(name, canary)
			}
			engine.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	text := scrape(t, tel)
	require.Contains(t, text, `http_server_request_duration_seconds_count{http_request_method="POST",http_response_status_code="200",http_route="/wechat/:account"} 1`)
	require.NotContains(t, strings.ToLower(text), canary)
}

func TestTraceparent_travelsAndComesBack(t *testing.T) {
	t.Parallel()
	require.Empty(t, telemetry.Traceparent(t.Context()))

	ctx := telemetry.WithTraceparent(t.Context(), parent)
	require.Equal(t, parent, telemetry.Traceparent(ctx))
	require.True(t, trace.SpanContextFromContext(ctx).IsRemote())

	for _, malformed := range []string{"", "00", parent[:54], parent + "00", "00-" + "00000000000000000000000000000000" + parent[35:], "zz" + parent[2:]} {
		require.Equal(t, parent, telemetry.Traceparent(telemetry.WithTraceparent(ctx, malformed)), "%q changes nothing", malformed)
	}
}

func scrape(t *testing.T, tel *telemetry.Telemetry) string {
	t.Helper()
	answer := httptest.NewRecorder()
	tel.Metrics.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	return answer.Body.String()
}
