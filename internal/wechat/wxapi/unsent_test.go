package wxapi_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// W06
func TestSendText_unwrittenIsLater(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	selfSigned := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	t.Cleanup(selfSigned.Close)
	selfSigned.Config.ErrorLog = nil
	unresolvable := httpClient(t)
	transport(unresolvable).DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "api.weixin.qq.com", IsNotFound: true}
	}
	for name, tt := range map[string]struct {
		url string
		hc  *http.Client
	}{
		"connection refused": {closed.URL, httpClient(t)},
		"DNS":                {"http://api.weixin.qq.com", unresolvable},
		"TLS":                {selfSigned.URL, httpClient(t)},
		"no URL":             {"http://[", httpClient(t)},
		"no scheme":          {"api.weixin.qq.com", httpClient(t)},
	} {
		got := wxapi.New(tt.url, tt.hc, storeWith(tokenA)).SendText(t.Context(), credentials(), customer, "x")
		require.Equalf(t, wechat.SendOutcome{Status: wechat.SendLater, Reason: wechat.ReasonNotReached, After: time.Second}, got, name)
	}
}

// W05
func TestSendText_timeoutIsUnknown(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	release := make(chan struct{})
	p.send = []http.HandlerFunc{func(http.ResponseWriter, *http.Request) { <-release }}
	t.Cleanup(func() { close(release) })
	hc := httpClient(t)
	transport(hc).ResponseHeaderTimeout = 50 * time.Millisecond // which begins when all is written, however long that takes
	got := wxapi.New(p.URL, hc, storeWith(tokenA)).SendText(t.Context(), credentials(), customer, "x")
	requireOutcome(t, wechat.SendUnknown, wechat.ReasonUnanswered, got)
}

func TestSendText_stopsWithItsContext(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	reached, release := make(chan struct{}), make(chan struct{})
	p.send = []http.HandlerFunc{func(http.ResponseWriter, *http.Request) { close(reached); <-release }}
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	requireOutcome(t, wechat.SendUnknown, wechat.ReasonUnanswered, client(t, p, storeWith(tokenA)).SendText(ctx, credentials(), customer, "x"))

	// A context that is over before the first byte sends nothing.
	requireOutcome(t, wechat.SendLater, wechat.ReasonNotReached, client(t, p, storeWith(tokenA)).SendText(ctx, credentials(), customer, "x"))
	sends, _ := p.seen()
	require.Len(t, sends, 1)
}

// W05
// A connection that breaks while the request is on its way: the bytes may have arrived, whatever the error says.
func TestSendText_brokenConnectionIsUnknown(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	address := rawServer(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		for n := 0; ; n++ {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			requests.Add(1)
			if n == 1 {
				return // read it, and hung up without a byte of answer
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n"+ok)
		}
	})
	c := wxapi.New("http://"+address, httpClient(t), storeWith(tokenA))
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "1").Status)
	requireOutcome(t, wechat.SendUnknown, wechat.ReasonUnanswered, c.SendText(t.Context(), credentials(), customer, "2"))
	require.Equal(t, int32(2), requests.Load())
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "3").Status)
}

// A write that fails before any byte left is repeated by the transport on a new connection: nothing was sent by the first.
func TestSendText_reconnectsIfNothingWasWritten(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	hc := httpClient(t)
	var dials atomic.Int32
	var broken atomic.Bool
	transport(hc).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if dials.Add(1) == 1 {
			return failingConn{conn, &broken}, err
		}
		return conn, err
	}
	c := wxapi.New(p.URL, hc, storeWith(tokenA))
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "1").Status)
	broken.Store(true)
	require.Equal(t, wechat.SendSent, c.SendText(t.Context(), credentials(), customer, "2").Status)
	require.Equal(t, int32(2), dials.Load())
	sends, _ := p.seen()
	require.Len(t, sends, 2)
}

// W05
// On a new connection even a write that failed with nothing written counts as unknown: that is the careful side.
func TestSendText_writeErrorIsUnknown(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	hc := httpClient(t)
	var broken atomic.Bool
	broken.Store(true)
	transport(hc).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return failingConn{conn, &broken}, err
	}
	requireOutcome(t, wechat.SendUnknown, wechat.ReasonUnanswered, wxapi.New(p.URL, hc, storeWith(tokenA)).SendText(t.Context(), credentials(), customer, "x"))
}

// failingConn fails every write once it is broken.
type failingConn struct {
	net.Conn
	broken *atomic.Bool
}

func (c failingConn) Write(b []byte) (int, error) {
	if c.broken.Load() {
		return 0, errors.New("broken pipe")
	}
	return c.Conn.Write(b)
}

// M07
func TestSendText_refusesPrivateAddresses(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	hc := wxapi.NewHTTPClient(false)
	got := wxapi.New(p.URL, hc, storeWith(tokenA)).SendText(t.Context(), credentials(), customer, "x")
	require.Equal(t, wechat.SendOutcome{Status: wechat.SendLater, Reason: wechat.ReasonAddressRefused, After: time.Minute}, got)
	sends, _ := p.seen()
	require.Empty(t, sends)
}

// M07
func TestPublicAddress_knowsPrivateNetworks(t *testing.T) {
	t.Parallel()
	for _, a := range []string{
		"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1",
		"192.0.2.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
		"255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "fc00::1", "fd12::1",
		"fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "3fff::1",
	} {
		require.Falsef(t, wxapi.PublicAddress(netip.MustParseAddr(a)), a)
	}
	for _, a := range []string{"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "198.20.0.1", "223.255.255.1", "::ffff:8.8.8.8", "2606:4700::1111", "240e::1"} {
		require.Truef(t, wxapi.PublicAddress(netip.MustParseAddr(a)), a)
	}
}

func transport(hc *http.Client) *http.Transport { return hc.Transport.(*http.Transport) }

// rawServer serves connections by hand.
func rawServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			}()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String()
}
