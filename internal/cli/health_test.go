package cli_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/telemetry"
)

func TestHealth_followsTheProcess(t *testing.T) {
	t.Parallel()
	ops, err := telemetry.NewOps("127.0.0.1:0", telemetry.OpsOptions{
		Checks: []telemetry.Check{{Name: "temporal", Ask: func(context.Context) error { return errors.New("away") }}},
		Log:    slog.New(slog.DiscardHandler), Metrics: http.NotFoundHandler(),
	})
	require.NoError(t, err)
	go ops.Serve() //nolint:errcheck // ends with the test
	t.Cleanup(func() { require.NoError(t, ops.Shutdown(context.Background())) })
	_, port, err := net.SplitHostPort(ops.Addr())
	require.NoError(t, err)

	for _, addr := range []string{ops.Addr(), ":" + port, "0.0.0.0:" + port, "[::]:" + port, "127.0.0.0/8:" + port} {
		environ := []string{"WXDESK_OPS_ADDR=" + addr}
		require.Zero(t, run("", environ, "health").code, addr)
		ready := run("", environ, "health", "--ready")
		require.Equal(t, 1, ready.code)
		require.Contains(t, ready.errors, "not ready: temporal")
	}
}

func TestHealth_ofAnotherAddress(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	require.Zero(t, run("", nil, "health", "--url="+server.URL+"/").code)
	server.Close()
	require.Contains(t, run("", nil, "health", "--url="+server.URL+"/").errors, "nobody answers")
}
