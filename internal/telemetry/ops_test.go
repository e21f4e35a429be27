package telemetry_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"wxdesk/internal/telemetry"
)

// Not parallel: it counts goroutines.
func TestOps_servesUntilShutdown(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ops, err := telemetry.NewOps("127.0.0.1:0", quiet(telemetry.OpsOptions{}))
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- ops.Serve() }()

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + ops.Addr() + "/healthz")
	require.NoError(t, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, "ok\n", string(body))

	require.NoError(t, ops.Shutdown(t.Context()))
	require.NoError(t, <-served)
}

func TestOps_shutdownBeforeServeFreesThePort(t *testing.T) {
	t.Parallel()
	ops, err := telemetry.NewOps("127.0.0.1:0", quiet(telemetry.OpsOptions{}))
	require.NoError(t, err)
	require.NoError(t, ops.Shutdown(t.Context()))
	again, err := net.Listen("tcp", ops.Addr())
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestOps_takenPortIsAnErrorUnlessOptional(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()

	_, err = telemetry.NewOps(taken.Addr().String(), quiet(telemetry.OpsOptions{}))
	require.ErrorContains(t, err, "private listener: listen tcp "+taken.Addr().String())

	var log strings.Builder
	o := quiet(telemetry.OpsOptions{AnyPort: true})
	o.Log = telemetry.NewLogger(&log, telemetry.LogOptions{Text: true})
	ops, err := telemetry.NewOps(taken.Addr().String(), o)
	require.NoError(t, err)
	require.NotEqual(t, taken.Addr().String(), ops.Addr())
	require.True(t, strings.HasPrefix(ops.Addr(), "127.0.0.1:"), "the host stays")
	require.Contains(t, log.String(), "addr="+ops.Addr())
	require.NoError(t, ops.Shutdown(t.Context()))
}

func TestOps_offersNothingElse(t *testing.T) {
	t.Parallel()
	routes := telemetry.OpsRoutes(quiet(telemetry.OpsOptions{}))
	for _, target := range []string{"/", "/healthz/x", "/debug/pprof/", "/codec/decode", "/codec/", "/v1/accounts"} {
		require.Equal(t, http.StatusNotFound, ask(t, routes, http.MethodGet, target).Code, target)
	}
	for _, target := range []string{"/healthz", "/readyz", "/metrics"} {
		require.Equal(t, http.StatusMethodNotAllowed, ask(t, routes, http.MethodPost, target).Code, target)
	}
}

func TestOps_servesTheCodecWhenGiven(t *testing.T) {
	t.Parallel()
	routes := telemetry.OpsRoutes(quiet(telemetry.OpsOptions{
		Codec: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }),
	}))
	require.Equal(t, "/codec/decode", ask(t, routes, http.MethodPost, "/codec/decode").Body.String())
}

// A page of somebody else's, whose name leads to this machine, must not read what a browser here can reach.
func TestOps_metricsAnswerOnlyToTheirOwnNames(t *testing.T) {
	t.Parallel()
	o := quiet(telemetry.OpsOptions{})
	o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "figures") })
	routes := telemetry.OpsRoutes(o)
	for host, own := range map[string]bool{
		"127.0.0.1:9090": true, "[::1]:9090": true, "172.18.0.5:9090": true, "localhost:9090": true, "localhost": true, "api:9090": true, "127.0.0.1": true,
		"rebinding.example:9090": false, "127.0.0.1.nip.io": false, "localhost.evil.example:9090": false, "evil.example.": false, "": false, "a b": false,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
		r.Host = host
		answer := httptest.NewRecorder()
		routes.ServeHTTP(answer, r)
		if own {
			require.Equal(t, "figures", answer.Body.String(), host)
			continue
		}
		require.Equal(t, http.StatusMisdirectedRequest, answer.Code, host)
		require.Contains(t, answer.Body.String(), "address", "it says what to do")
	}
}

// S1
func TestOps_showsNoSecret(t *testing.T) {
	t.Parallel()
	const canary = "canary-71e0"
	tel := setUp(t, false)
	routes := telemetry.OpsRoutes(telemetry.OpsOptions{
		Metrics: tel.Metrics, Log: slog.New(slog.DiscardHandler),
		Checks: []telemetry.Check{{Name: "postgres", Ask: func(context.Context) error {
			return errors.New("password " + canary + " refused")
		}}},
	})
	notReady := ask(t, routes, http.MethodGet, "/readyz?who="+canary)
	require.Equal(t, http.StatusServiceUnavailable, notReady.Code)
	require.Equal(t, "not ready: postgres\n", notReady.Body.String())
	ask(t, routes, http.MethodGet, "/"+canary)

	require.NotContains(t, ask(t, routes, http.MethodGet, "/metrics?name[]="+canary).Body.String(), canary)
	require.NotContains(t, scrape(t, tel), canary)
}

func quiet(o telemetry.OpsOptions) telemetry.OpsOptions {
	o.Log, o.Metrics = slog.New(slog.DiscardHandler), http.NotFoundHandler()
	return o
}

func ask(t *testing.T, routes http.Handler, method, target string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	r.Host = "127.0.0.1:9090"
	answer := httptest.NewRecorder()
	routes.ServeHTTP(answer, r)
	return answer
}
