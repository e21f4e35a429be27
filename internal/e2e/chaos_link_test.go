package e2e_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// link is a network between a process and what it calls, which can be cut, slow, or lose answers.
type link struct {
	net.Listener
	target string
	slow   atomic.Int64 // delay of everything, in nanoseconds
	deaf   atomic.Bool  // answers are lost

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newLink(t testing.TB, target string) *link {
	t.Helper()
	l, err := net.Listen("tcp", at(0))
	require.NoError(t, err)
	k := &link{Listener: l, target: target, conns: map[net.Conn]bool{}}
	go k.serve()
	t.Cleanup(func() {
		_ = l.Close()
		k.cut()
	})
	return k
}

func (k *link) addr() string { return k.Listener.Addr().String() }

func (k *link) serve() {
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
func (k *link) pump(dst, src net.Conn, answers bool) {
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
		if wait := time.Duration(k.slow.Load()); wait > 0 {
			<-time.After(wait)
		}
		if answers && k.deaf.Load() {
			continue
		}
		if _, err := io.Writer(dst).Write(buf[:n]); err != nil {
			return
		}
	}
}

// cut breaks every connection.
func (k *link) cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for c := range k.conns {
		_ = c.Close()
	}
}
