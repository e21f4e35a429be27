package apitest

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"wxdesk/api"
	"wxdesk/internal/listener"
)

// Serve runs the public server on a free port, after a test has changed its limits, and returns its address.
func Serve(t *testing.T, h http.Handler, change func(*http.Server)) string {
	t.Helper()
	return ServeFew(t, h, 4096, change)
}

// ServeFew is Serve with a limit of connections.
func ServeFew(t *testing.T, h http.Handler, connections int, change func(*http.Server)) string {
	t.Helper()
	return ServeMeasured(t, h, connections, noop.NewMeterProvider(), change)
}

// ServeMeasured is ServeFew with its connections measured.
func ServeMeasured(t *testing.T, h http.Handler, connections int, meters metric.MeterProvider, change func(*http.Server)) string {
	t.Helper()
	server, err := api.NewServer("127.0.0.1:0", h, connections, meters)
	require.NoError(t, err)
	change(server)
	public, err := listener.Listen(server.Addr, connections+api.SurplusConnections)
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(public) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return public.Addr().String()
}

// SendRaw writes raw bytes to the server and returns everything it answers until it hangs up.
func SendRaw(t *testing.T, addr, raw string) string {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = io.WriteString(conn, raw)
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	return string(answer)
}

func Quick(s *http.Server) {
	s.ReadTimeout, s.ReadHeaderTimeout = 500*time.Millisecond, 500*time.Millisecond
}

// QuickBodies gives requests half a second in all, bodies included.
func QuickBodies(s *http.Server) { s.ReadTimeout = 500 * time.Millisecond }

// QuickBothWays is Quick, and also ends connections of clients who do not read.
func QuickBothWays(s *http.Server) {
	Quick(s)
	s.WriteTimeout = 700 * time.Millisecond
}

func AsIs(*http.Server) {}

// Connect opens a connection that the test closes.
func Connect(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	return conn
}
