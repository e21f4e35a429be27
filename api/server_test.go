package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"wxdesk/api"
	"wxdesk/internal/conversation"
	"wxdesk/internal/listener"
	"wxdesk/internal/wechat"
)

// serve runs the public server on a free port, after a test has changed its limits, and returns its address.
func serve(t *testing.T, h http.Handler, change func(*http.Server)) string {
	t.Helper()
	return serveFew(t, h, 4096, change)
}

// serveFew is serve for so many connections.
func serveFew(t *testing.T, h http.Handler, connections int, change func(*http.Server)) string {
	t.Helper()
	return serveMeasured(t, h, connections, noop.NewMeterProvider(), change)
}

// serveMeasured is serveFew with its connections measured.
func serveMeasured(t *testing.T, h http.Handler, connections int, meters metric.MeterProvider, change func(*http.Server)) string {
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

// send writes raw bytes to the server and returns everything it answers until it hangs up.
func send(t *testing.T, addr, raw string) string {
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

func quick(s *http.Server) {
	s.ReadTimeout, s.ReadHeaderTimeout = 500*time.Millisecond, 500*time.Millisecond
}

// quickBodies waits for headers as long as ever, and not for bodies.
func quickBodies(s *http.Server) { s.ReadTimeout = 500 * time.Millisecond }

// quickBothWays is quick, and for those who do not read too.
func quickBothWays(s *http.Server) {
	quick(s)
	s.WriteTimeout = 700 * time.Millisecond
}

func asIs(*http.Server) {}

func TestNewServer_limits(t *testing.T) {
	t.Parallel()
	s, err := api.NewServer("127.0.0.1:0", nil, 1, noop.NewMeterProvider())
	require.NoError(t, err)
	require.Equal(t, 5*time.Second, s.ReadHeaderTimeout)
	require.Equal(t, 5*time.Second, s.ReadTimeout)
	require.Equal(t, 30*time.Second, s.WriteTimeout)
	require.Positive(t, s.IdleTimeout)
}

func TestBad_C23_slowSendersAreHungUpOn(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	addr := serve(t, g.in(w), quick)
	answer := send(t, addr, "POST /wechat/"+accountA+" HTTP/1.1\r\nHost: x\r\nContent-")
	require.NotContains(t, answer, " 200 ")
	answer = send(t, addr, g.says(message("hi")).raw("POST", "Content-Length: 100\r\n", "<xml>"))
	require.Contains(t, answer, "HTTP/1.1 400")
	require.Contains(t, w.logged(), `"reason":"body-breaks-off"`)
	requireNothingKept(t, w)
}

func TestBad_C20_C21_bodiesThatLie(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	addr := serve(t, g.in(w), quick)
	head := strings.TrimSuffix(g.says(message("hi")).raw("POST", "", ""), "\r\n")
	for name, raw := range map[string]string{
		"C21 bad chunk size":     head + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
		"C21 two lengths":        head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		"C21 negative length":    head + "Content-Length: -5\r\n\r\nhello",
		"C21 shorter than said":  head + "Content-Length: 500\r\n\r\nhello",
		"C21 strange encoding":   head + "Transfer-Encoding: gzip\r\n\r\nhello",
		"C20 longer than wanted": head + "Content-Length: 300000\r\n\r\nhello",
	} {
		answer := send(t, addr, raw)
		require.Regexp(t, `^HTTP/1.1 (400|413|501) `, answer, name)
	}
	requireNothingKept(t, w)
}

func TestBad_C20_anEndlessBodyIsCutOff(t *testing.T) {
	t.Parallel()
	g := newGate(t, wechat.ModeSafe)
	addr := serve(t, g.in(newWorld()), asIs)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = io.WriteString(conn, g.says(message("hi")).raw("POST", "Transfer-Encoding: chunked\r\n", ""))
	require.NoError(t, err)
	chunk := "8000\r\n" + strings.Repeat("x", 0x8000) + "\r\n"
	go func() {
		for writeErr := error(nil); writeErr == nil; { // until the server has enough
			_, writeErr = io.WriteString(conn, chunk)
		}
	}()
	line, _ := bufio.NewReader(conn).ReadString('\n')
	require.Contains(t, line, "413")
}

func TestBad_C24_headersAndURLsThatAreTooMuch(t *testing.T) {
	t.Parallel()
	addr := serve(t, newWorld().handler(), asIs)
	many := ""
	for i := range 1000 {
		many += fmt.Sprintf("A%d:\r\n", i)
	}
	for name, raw := range map[string]string{
		"100 KB of headers": "GET /v1/accounts HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("x", 100_000) + "\r\n\r\n",
		"1,000 headers":     "GET /v1/accounts HTTP/1.1\r\nHost: x\r\n" + many + "\r\n",
		"16 KB URL":         "GET /" + strings.Repeat("x", 16<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		require.Contains(t, send(t, addr, raw), "HTTP/1.1 431", name)
	}
}

func TestServer_optionsForNothingInParticularIsNotFound(t *testing.T) {
	t.Parallel()
	addr := serve(t, newWorld().handler(), asIs)
	require.Contains(t, send(t, addr, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "HTTP/1.1 404")
}

func TestServer_theReadDeadlineDoesNotEndARequestThatIsBeingAnswered(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	cfg := w.config()
	cfg.Desk.Commands = patient{w}
	addr := serve(t, api.New(cfg).Handler(), quick)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+closeA, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer agent")
	r.Header.Set("Idempotency-Key", "k")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	http.DefaultClient.CloseIdleConnections()
	require.Equal(t, http.StatusOK, answer.StatusCode)
}

// patient is a ledger that takes longer than the read timeout.
type patient struct{ *world }

func (p patient) Act(ctx context.Context, r conversation.ActRequest) (conversation.Acted, error) {
	select {
	case <-ctx.Done():
		return conversation.Acted{}, ctx.Err()
	case <-time.After(time.Second):
		return p.world.Act(ctx, r)
	}
}
