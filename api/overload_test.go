package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/wechat"
)

// R19, C23
// Clients that send requests and read no answer are hung up on, each when its write deadline has passed.
func TestServer_closesClientsThatNeverRead(t *testing.T) {
	t.Parallel()
	const clients = 100
	gone := make(chan struct{}, clients)
	addr := apitest.Serve(t, apitest.NewWorld().Handler(), func(s *http.Server) {
		apitest.QuickBothWays(s)
		track := s.ConnState
		s.ConnState = func(c net.Conn, state http.ConnState) {
			track(c, state)
			if state == http.StateClosed {
				gone <- struct{}{}
			}
		}
	})
	asks := strings.Repeat("GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n", 1000)
	for range clients {
		conn := apitest.Connect(t, addr)
		require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4<<10))
		go func() {
			for err := error(nil); err == nil; {
				_, err = io.WriteString(conn, asks)
			}
		}()
	}
	for range clients {
		<-gone
	}
}

// R19, C28
// Beyond its connections a server answers 503, with the reason, and serves again when one of them has ended.
func TestServer_answers503BeyondItsConnections(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	closed := make(chan struct{}, 10)
	addr := apitest.ServeFew(t, g.In(w), 3, func(s *http.Server) {
		track := s.ConnState
		s.ConnState = func(c net.Conn, state http.ConnState) {
			track(c, state)
			if state == http.StateClosed {
				closed <- struct{}{}
			}
		}
	})
	ask := "GET /v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\nConnection: close\r\n\r\n"
	cb := g.Says(apitest.TextMessage("hi"))
	callback := cb.Raw("POST", fmt.Sprintf("Connection: close\r\nContent-Length: %d\r\n", len(cb.Body)), cb.Body)
	var open []net.Conn
	for range 3 {
		conn := apitest.Connect(t, addr)
		_, err := io.WriteString(conn, strings.Replace(ask, "Connection: close\r\n", "", 1))
		require.NoError(t, err)
		status, err := bufio.NewReader(conn).ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, status, "200 OK")
		open = append(open, conn)
	}
	answer := apitest.SendRaw(t, addr, ask)
	require.Contains(t, answer, "HTTP/1.1 503 ")
	require.Contains(t, answer, "urn:wxdesk:problem:overloaded")
	require.Contains(t, answer, "\r\nRetry-After: 1\r\n")
	<-closed
	answer = apitest.SendRaw(t, addr, callback)
	require.Contains(t, answer, "HTTP/1.1 503 ")
	require.Contains(t, w.Logged(), `"reason":"overloaded"`)
	<-closed
	apitest.RequireNothingKept(t, w)

	require.NoError(t, open[0].Close())
	<-closed
	require.Contains(t, apitest.SendRaw(t, addr, ask), "HTTP/1.1 200 ")
	<-closed
	require.Contains(t, apitest.SendRaw(t, addr, callback), "success")
}
