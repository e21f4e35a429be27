package listener_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/listener"
)

// serve runs a server with a short write deadline at a listener for so many connections, and returns its address.
func serve(t *testing.T, most int, h http.HandlerFunc) string {
	t.Helper()
	l, err := listener.Listen("127.0.0.1:0", most)
	require.NoError(t, err)
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, WriteTimeout: 300 * time.Millisecond}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return l.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return conn
}

const ask = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// R19, C23
func TestListen_resetsClientsThatReadNothing(t *testing.T) {
	t.Parallel()
	answered := make(chan error, 1)
	addr := serve(t, 10, func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(bytes.Repeat([]byte("x"), 64<<20))
		answered <- err
	})
	conn := dial(t, addr)
	_, err := io.WriteString(conn, ask)
	require.NoError(t, err)
	require.Error(t, <-answered, "the write deadline ends the answer")

	_, err = io.Copy(io.Discard, conn)
	require.ErrorIs(t, err, syscall.ECONNRESET, "the kernel keeps nothing for a client that does not read")
}

// R19
func TestListen_connectionsBeyondTheLimitWait(t *testing.T) {
	t.Parallel()
	var inside, served atomic.Int32
	addr := serve(t, 2, func(http.ResponseWriter, *http.Request) {
		if inside.Add(1) > 2 {
			t.Error("a third connection is served")
		}
		inside.Add(-1)
		served.Add(1)
	})
	first, second, third := dial(t, addr), dial(t, addr), dial(t, addr)
	for _, conn := range []net.Conn{first, second} {
		_, err := io.WriteString(conn, ask)
		require.NoError(t, err)
		_, err = conn.Read(make([]byte, 512))
		require.NoError(t, err)
	}
	_, err := io.WriteString(third, ask)
	require.NoError(t, err)
	require.NoError(t, third.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err = third.Read(make([]byte, 512))
	var late net.Error
	require.True(t, errors.As(err, &late) && late.Timeout(), "two connections are open")

	require.NoError(t, first.Close())
	require.NoError(t, third.SetReadDeadline(time.Now().Add(20*time.Second)))
	_, err = third.Read(make([]byte, 512))
	require.NoError(t, err)
	require.EqualValues(t, 3, served.Load())
}

func TestResolve_findsOurAddressInANetwork(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"127.0.0.0/8:9090": "127.0.0.1:9090", "127.0.0.1:9090": "127.0.0.1:9090", ":9090": ":9090", "localhost:0": "localhost:0", "[::1]:1": "[::1]:1",
	} {
		got, err := listener.Resolve(addr)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := listener.Resolve("255.255.255.255/32:9090")
	require.EqualError(t, err, "this machine has no address in the network 255.255.255.255/32")
	for _, bad := range []string{"127.0.0.0/33:9090", "net/8:9090", "127.0.0.1"} {
		_, err := listener.Resolve(bad)
		require.Error(t, err, bad)
	}

	l, err := listener.Listen("127.0.0.0/8:0", 1)
	require.NoError(t, err)
	defer l.Close() //nolint:errcheck // nothing was accepted
	host, _, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", host)
}
