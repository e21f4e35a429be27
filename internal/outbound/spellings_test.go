package outbound_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/outbound"
	"wxdesk/internal/wechat/wxapi"
)

// spellings are ways to write an address that is nobody's business: this machine's, a private network's, a cloud's metadata.
func spellings() []string {
	return []string{
		"127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.254", "127.0.0.1.", "localhost", "localhost.", "LOCALHOST", "0.0.0.0", "0.1.2.3",
		// what inet_aton and lenient resolvers take for 127.0.0.1 or 10.0.0.1
		"127.1", "127.0.1", "0", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "0177.1", "017700000001", "00000177.0.0.1",
		"127.0.0.01", "0127.0.0.1", "0xa000001", "167772161", "012.0.0.1", "127.0.0.1.0x0", "1", "0x0",
		// private, shared, link-local and special ranges
		"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "100.64.0.1", "100.100.100.200", "169.254.169.254",
		"169.254.0.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
		// IPv6, and IPv4 inside it
		"[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:10.0.0.1]",
		"[::ffff:169.254.169.254]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001::7f00:1]", "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]", "[fc00::1]",
		"[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "[100::1]",
		// names that lead inside
		"inside.example", "127.0.0.1.inside.example", "metadata.google.internal", "xn--inside-9za.example", "inside.example.", "INSIDE.EXAMPLE",
	}
}

// S7
// More than sixty spellings are refused when they are given, and again when they are called, even by a resolver that takes
// each and every name for this machine; a name that changes its mind in between is called no more than they; and where a
// public answer points inside, nobody goes there. Not one connection is made.
func TestGuard_noSpellingLeadsInside(t *testing.T) { // alone: it changes how the process resolves names
	require.Greater(t, len(spellings()), 60)
	resolver := newLiar(t)
	inside, connections := listening(t)
	_, port, err := net.SplitHostPort(inside)
	require.NoError(t, err)
	client := wxapi.NewHTTPClient(false)
	defer client.CloseIdleConnections()
	call := func(url string) error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
		if err != nil {
			return err
		}
		answer, err := client.Do(r)
		if err == nil {
			_ = answer.Body.Close()
		}
		return err
	}
	for _, host := range spellings() {
		require.ErrorIs(t, outbound.Guard{}.Check(t.Context(), "https://"+host+"/turn"), bot.ErrAddress, host)
		require.Error(t, call("http://"+host+":"+port+"/turn"), host)
		require.Error(t, call("https://"+host+":"+port+"/turn"), host)
	}

	resolver.lieAfter("rebinding.example", 1)
	require.NoError(t, outbound.Guard{}.Check(t.Context(), "https://rebinding.example/turn"), "it leads outside, so far")
	require.ErrorIs(t, call("http://rebinding.example:"+port+"/turn"), wxapi.ErrAddressRefused)

	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{"http://" + inside + "/", "http://localhost:" + port + "/", "//" + inside + "/"} {
			outside := httptest.NewServer(http.RedirectHandler(to, status))
			lax := wxapi.NewHTTPClient(true) // here, outside has to be this machine too
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, outside.URL, strings.NewReader("{}"))
			require.NoError(t, err)
			answer, err := lax.Do(r)
			require.NoError(t, err)
			require.Equal(t, status, answer.StatusCode, "the answer is the redirect itself")
			require.NoError(t, answer.Body.Close())
			lax.CloseIdleConnections()
			outside.Close()
		}
	}
	require.Zero(t, connections.Load())
}

// S7
// The proxy that an environment names could call anything for us, so it is not asked.
func TestHTTPClient_asksNoProxy(t *testing.T) { // alone: it changes the environment
	proxy, connections := listening(t)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		t.Setenv(name, "http://"+proxy)
	}
	client := wxapi.NewHTTPClient(false)
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://192.0.2.1/", nil)
	require.NoError(t, err)
	_, err = client.Do(r) //nolint:bodyclose // there is none
	require.ErrorIs(t, err, wxapi.ErrAddressRefused)
	require.Zero(t, connections.Load())
	require.Nil(t, client.Transport.(*http.Transport).Proxy)
}

// listening counts who connects, over IPv4 and, where the machine has it, IPv6.
func listening(t *testing.T) (addr string, connections *atomic.Int32) {
	t.Helper()
	connections = &atomic.Int32{}
	v4, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	listeners := []net.Listener{v4}
	_, port, err := net.SplitHostPort(v4.Addr().String())
	require.NoError(t, err)
	if v6, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "[::1]:"+port); err == nil {
		listeners = append(listeners, v6)
	}
	var accepting sync.WaitGroup
	for _, l := range listeners {
		accepting.Go(func() {
			for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
				connections.Add(1)
				_ = conn.Close()
			}
		})
	}
	t.Cleanup(func() {
		for _, l := range listeners {
			_ = l.Close()
		}
		accepting.Wait()
	})
	return v4.Addr().String(), connections
}

// liar is a name server on this machine, which says of every name that it is 127.0.0.1.
type liar struct {
	mu     sync.Mutex
	honest map[string]int // how often a name is still said to be 8.8.8.8
}

// newLiar makes this process ask it, and nobody else, until the test ends.
func newLiar(t *testing.T) *liar {
	t.Helper()
	l := &liar{honest: map[string]int{}}
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.serve(conn)
	}()
	usual := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = usual
		_ = conn.Close()
		<-done
	})
	return l
}

func (l *liar) lieAfter(name string, answers int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.honest[name] = answers
}

// serve answers questions for A records (RFC 1035); of other kinds there are none.
func (l *liar) serve(conn net.PacketConn) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		name, end := question(buffer[:n])
		kind := binary.BigEndian.Uint16(buffer[end:])
		answer := append([]byte{}, buffer[:2]...)
		count := byte(0)
		if kind == 1 {
			count = 1
		}
		answer = append(answer, 0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0)
		answer = append(answer, buffer[12:end+4]...)
		if count == 1 {
			answer = append(answer, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
			answer = append(answer, l.address(name)...)
		}
		_, _ = conn.WriteTo(answer, from)
	}
}

// question reads the name that is asked for, and where it ends.
func question(packet []byte) (name string, end int) {
	var labels []string
	at := 12
	for packet[at] != 0 {
		size := int(packet[at])
		labels = append(labels, string(packet[at+1:at+1+size]))
		at += 1 + size
	}
	return strings.ToLower(strings.Join(labels, ".")), at + 1
}

func (l *liar) address(name string) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.honest[name] > 0 {
		l.honest[name]--
		return []byte{8, 8, 8, 8}
	}
	return []byte{127, 0, 0, 1}
}
