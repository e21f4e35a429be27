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
	"go.opentelemetry.io/otel/metric/noop"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/command"
	"wxdesk/internal/wechat"
)

// C23
func TestNewServer_limits(t *testing.T) {
	t.Parallel()
	s, err := api.NewServer("127.0.0.1:0", nil, 1, noop.NewMeterProvider())
	require.NoError(t, err)
	require.Equal(t, 5*time.Second, s.ReadHeaderTimeout)
	require.Equal(t, 5*time.Second, s.ReadTimeout)
	require.Equal(t, 30*time.Second, s.WriteTimeout)
	require.Positive(t, s.IdleTimeout)
}

// C23
func TestServer_closesSlowConnections(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	addr := apitest.Serve(t, g.In(w), apitest.Quick)
	answer := apitest.SendRaw(t, addr, "POST /wechat/"+apitest.AccountA+" HTTP/1.1\r\nHost: x\r\nContent-")
	require.NotContains(t, answer, " 200 ")
	answer = apitest.SendRaw(t, addr, g.Says(apitest.TextMessage("hi")).Raw("POST", "Content-Length: 100\r\n", "<xml>"))
	require.Contains(t, answer, "HTTP/1.1 400")
	require.Contains(t, w.Logged(), `"reason":"body-breaks-off"`)
	apitest.RequireNothingKept(t, w)
}

// C20, C21
func TestServer_refusesWrongContentLength(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	addr := apitest.Serve(t, g.In(w), apitest.Quick)
	head := strings.TrimSuffix(g.Says(apitest.TextMessage("hi")).Raw("POST", "", ""), "\r\n")
	for name, raw := range map[string]string{
		"C21 bad chunk size":     head + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
		"C21 two lengths":        head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
		"C21 negative length":    head + "Content-Length: -5\r\n\r\nhello",
		"C21 shorter than said":  head + "Content-Length: 500\r\n\r\nhello",
		"C21 strange encoding":   head + "Transfer-Encoding: gzip\r\n\r\nhello",
		"C20 longer than wanted": head + "Content-Length: 300000\r\n\r\nhello",
	} {
		answer := apitest.SendRaw(t, addr, raw)
		require.Regexp(t, `^HTTP/1.1 (400|413|501) `, answer, name)
	}
	apitest.RequireNothingKept(t, w)
}

// C20
func TestServer_cutsOffAnEndlessBody(t *testing.T) {
	t.Parallel()
	g := apitest.NewWeChat(t, wechat.ModeSafe)
	addr := apitest.Serve(t, g.In(apitest.NewWorld()), apitest.AsIs)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = io.WriteString(conn, g.Says(apitest.TextMessage("hi")).Raw("POST", "Transfer-Encoding: chunked\r\n", ""))
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

// C24
func TestServer_refusesLargeHeadersAndURLs(t *testing.T) {
	t.Parallel()
	addr := apitest.Serve(t, apitest.NewWorld().Handler(), apitest.AsIs)
	many := ""
	for i := range 1000 {
		many += fmt.Sprintf("A%d:\r\n", i)
	}
	for name, raw := range map[string]string{
		"100 KB of headers": "GET /v1/accounts HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("x", 100_000) + "\r\n\r\n",
		"1,000 headers":     "GET /v1/accounts HTTP/1.1\r\nHost: x\r\n" + many + "\r\n",
		"16 KB URL":         "GET /" + strings.Repeat("x", 16<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		require.Contains(t, apitest.SendRaw(t, addr, raw), "HTTP/1.1 431", name)
	}
}

func TestServer_optionsStarIsNotFound(t *testing.T) {
	t.Parallel()
	addr := apitest.Serve(t, apitest.NewWorld().Handler(), apitest.AsIs)
	require.Contains(t, apitest.SendRaw(t, addr, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "HTTP/1.1 404")
}

func TestServer_readTimeoutSparesSlowAnswers(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	cfg := w.Config()
	cfg.Desk.Commands = patient{w}
	addr := apitest.Serve(t, api.New(cfg).Handler(), apitest.Quick)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+apitest.CloseA, nil)
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
type patient struct{ *apitest.World }

func (p patient) Act(ctx context.Context, r command.Request) (command.Result, error) {
	select {
	case <-ctx.Done():
		return command.Result{}, ctx.Err()
	case <-time.After(time.Second):
		return p.World.Act(ctx, r)
	}
}
