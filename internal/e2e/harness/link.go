package harness

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Link is a network connection between a process and what it calls. Tests cut it, make it slow, or have it lose answers.
type Link struct {
	net.Listener
	target      string
	Delay       atomic.Int64 // of everything that passes, in nanoseconds
	LoseAnswers atomic.Bool  // drops what the called side sends

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// NewLink opens a link to an address. It ends with the test.
func NewLink(t testing.TB, target string) *Link {
	t.Helper()
	l, err := net.Listen("tcp", Addr(0))
	require.NoError(t, err)
	k := &Link{Listener: l, target: target, conns: map[net.Conn]bool{}}
	go k.serve()
	t.Cleanup(func() {
		_ = l.Close()
		k.Cut()
	})
	return k
}

// Addr returns the address to call in place of the target.
func (k *Link) Addr() string { return k.Listener.Addr().String() }

func (k *Link) serve() {
	for {
		near, err := k.Accept()
		if err != nil {
			return
		}
		far, err := net.DialTimeout("tcp", k.target, time.Second)
		if err != nil {
			_ = near.Close()
			continue
		}
		k.mu.Lock()
		k.conns[near], k.conns[far] = true, true
		k.mu.Unlock()
		go k.pump(far, near, false)
		go k.pump(near, far, true)
	}
}

// pump carries what src says to dst until either ends.
func (k *Link) pump(dst, src net.Conn, answers bool) {
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		for _, c := range []net.Conn{dst, src} {
			_ = c.Close()
			delete(k.conns, c)
		}
	}()
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		if err != nil {
			return
		}
		if wait := time.Duration(k.Delay.Load()); wait > 0 {
			<-time.After(wait)
		}
		if answers && k.LoseAnswers.Load() {
			continue
		}
		if _, err := io.Writer(dst).Write(buf[:n]); err != nil {
			return
		}
	}
}

// Cut breaks every connection.
func (k *Link) Cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for c := range k.conns {
		_ = c.Close()
	}
}
