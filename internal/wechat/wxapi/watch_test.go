package wxapi_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// W09
func TestTokenWatch_alertsAfterThreeRefusals(t *testing.T) {
	t.Parallel()
	p, s := newPlatform(t), storeWith(tokenA)
	now := time.Now()
	var log bytes.Buffer
	reader := sdkmetric.NewManualReader()
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	c := wxapi.New(p.URL, httpClient(t), s, wxapi.WithClock(func() time.Time { return now }),
		wxapi.WithMeter(meters.Meter("test")), wxapi.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))

	// Somebody else's token has become the only one that is taken, so that each of ours is refused once.
	n := 0
	stolen := func() {
		n++
		p.token = fmt.Sprintf("TOKEN-%d-canary", n)
		s.token = wxapi.Token{Value: secret.New(p.token), ExpiresAt: now.Add(time.Hour)}
		p.send = []http.HandlerFunc{says(`{"errcode":40001}`), says(ok)}
		require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "x").Status)
	}
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "x").Status)
	for range 3 {
		stolen()
		now = now.Add(10 * time.Minute)
	}
	require.Equal(t, map[string]int64{"wxdesk_access_tokens_refused": 3}, counted(t, reader))
	require.Empty(t, log.String())
	stolen()
	stolen() // no second alert in the same hour
	require.Equal(t, map[string]int64{"wxdesk_access_tokens_refused": 5, "wxdesk_access_token_alerts": 1}, counted(t, reader))
	require.Equal(t, 1, strings.Count(log.String(), "\n"))
	require.Contains(t, log.String(), "account_id=acc")
	require.NotContains(t, log.String(), "canary")

	now = now.Add(2 * time.Hour)
	for range 3 {
		stolen()
	}
	require.Equal(t, int64(1), counted(t, reader)["wxdesk_access_token_alerts"])
	stolen()
	require.Equal(t, int64(2), counted(t, reader)["wxdesk_access_token_alerts"])
}

// counted adds up the counters that have counted.
func counted(t *testing.T, reader *sdkmetric.ManualReader) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	counts := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, isSum := m.Data.(metricdata.Sum[int64])
			require.True(t, isSum)
			for _, point := range sum.DataPoints {
				counts[m.Name] += point.Value
			}
			if counts[m.Name] == 0 {
				delete(counts, m.Name)
			}
		}
	}
	return counts
}

// W09
func TestTokenWatch_countsEachTokenOnce(t *testing.T) {
	t.Parallel()
	p, s := newPlatform(t), storeWith("stale")
	reader := sdkmetric.NewManualReader()
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	c := wxapi.New(p.URL, httpClient(t), s, wxapi.WithMeter(meters.Meter("test")))
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if got := c.SendText(t.Context(), credentials(), customer, "x"); got.Status != wechat.SendSent {
				t.Errorf("%+v", got)
			}
		})
	}
	wg.Wait()
	require.Equal(t, map[string]int64{"wxdesk_access_tokens_refused": 1}, counted(t, reader))
	sends, asked := p.seen()
	require.Len(t, asked, 1, "one refresh for all of them")
	require.LessOrEqual(t, len(sends), 400, "each once more at most")
}

// W10
// Whatever a call goes through — success, a refused token, a refusal that repeats our secrets, no connection — neither its
// spans nor its error show what names a person or a medium, or a secret.
func TestSpans_showNoTokenSecretOrPerson(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o operation, p *platform) {
		recorder := tracetest.NewInMemoryExporter()
		provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(recorder))
		ctx, span := provider.Tracer("test").Start(t.Context(), "call")
		leak := `{"errcode":45009,"errmsg":"` + tokenA + appSecret + string(customer) + mediaID + `"}`
		p.answers(says(`{"errcode":42001,"errmsg":"`+tokenA+`"}`), o.good(), says(leak))
		c := client(t, p, storeWith(tokenA))
		require.NoError(t, o.call(ctx, c))
		errs := []error{o.call(ctx, c)}
		p.Close()
		errs = append(errs, o.call(ctx, c), o.call(ctx, client(t, p, &store{})))
		span.End()

		spans := recorder.GetSpans()
		require.Len(t, spans, 8, "two calls, the token's twice (once forced), the refused, the unreached, the unreached token's, and the test's own")
		text := fmt.Sprintf("%+v %#v", spans, spans)
		for _, err := range errs {
			require.Error(t, err)
			text += fmt.Sprintf("%v %+v", err, err)
		}
		for _, hidden := range []string{"canary", "access_token=", string(customer)} {
			require.NotContains(t, text, hidden)
		}
	})
}

// W10
func TestSpans_showNoVideoAddress(t *testing.T) {
	t.Parallel()
	recorder := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(recorder))
	ctx, span := provider.Tracer("test").Start(t.Context(), "call")
	p, elsewhere := newPlatform(t), newPlatform(t)
	p.answers(says(`{"video_url":"` + elsewhere.URL + `/canary/film.mp4?key=canary#canary"}`))
	elsewhere.token = ""
	elsewhere.answers(medium("video/mp4", "", "film"))
	file, err := client(t, p, storeWith(tokenA)).DownloadMedia(ctx, credentials(), mediaID, 100)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	elsewhere.Close()
	_, err = client(t, p, storeWith(tokenA)).DownloadMedia(ctx, credentials(), mediaID, 100)
	requireError(t, err, 0, wechat.ReasonNotReached)
	span.End()
	require.Len(t, recorder.GetSpans(), 5)
	require.NotContains(t, fmt.Sprintf("%+v %#v", recorder.GetSpans(), recorder.GetSpans()), "canary")
}
