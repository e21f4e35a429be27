package postgres_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy stands between the adapter and Postgres, and can be made to stall or to lose an answer. It understands just enough
// of the protocol to know which answer that is.
type proxy struct {
	dsn             string
	network, target string

	mu      sync.Mutex
	open    *sync.Cond // signalled when stalled changes
	stalled bool
	lose    string // what the next message must be for its answer to get lost
	losses  int
	conns   []net.Conn
	pumps   sync.WaitGroup
}

// What a client can say.
const (
	aCommit   = "Q COMMIT\x00"
	anExecute = "E "
)

func newProxy(t *testing.T, dsn string) *proxy {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	p := &proxy{network: "tcp", target: u.Host}
	p.open = sync.NewCond(&p.mu)
	query := u.Query()
	if folder := query.Get("host"); folder != "" {
		p.network, p.target = "unix", filepath.Join(folder, ".s.PGSQL."+query.Get("port"))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	u.Host, u.RawQuery = listener.Addr().String(), "sslmode=disable"
	p.dsn = u.String()

	p.pumps.Go(func() { p.accept(listener) })
	t.Cleanup(func() {
		_ = listener.Close()
		p.resume()
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.pumps.Wait()
	})
	return p
}

func (p *proxy) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(p.network, p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		deaf := make(chan struct{})
		p.pumps.Go(func() { p.forward(client, server, deaf) })
		p.pumps.Go(func() { p.back(client, server, deaf) })
	}
}

// forward hands on what the client says, message by message.
func (p *proxy) forward(client, server net.Conn, deaf chan struct{}) {
	defer server.Close()
	head := make([]byte, 5)
	for typed := false; ; typed = true {
		h := head
		if !typed { // the first message of a connection has no type
			h = head[1:]
		}
		if _, err := io.ReadFull(client, h); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return
		}
		p.wait()
		if typed && p.loses(string(head[:1])+" "+string(body)) {
			close(deaf)
		}
		if _, err := server.Write(append(append([]byte{}, h...), body...)); err != nil {
			return
		}
	}
}

// back hands on what the server says; once deaf, it waits for the answer and hangs up.
func (p *proxy) back(client, server net.Conn, deaf chan struct{}) {
	defer client.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		p.wait()
		select {
		case <-deaf:
			return
		default:
		}
		if _, failed := client.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

func (p *proxy) loses(message string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lose == "" || len(message) < len(p.lose) || message[:len(p.lose)] != p.lose {
		return false
	}
	p.lose = ""
	p.losses++
	return true
}

// loseNext loses the answer to the next such message; it returns how many have been lost so far.
func (p *proxy) loseNext(what string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = what
	return p.losses
}

func (p *proxy) wait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.stalled {
		p.open.Wait()
	}
}

// stall stops forwarding, in both directions, without closing anything: as a stopped Postgres looks.
func (p *proxy) stall() { p.setStalled(true) }

func (p *proxy) resume() { p.setStalled(false) }

func (p *proxy) setStalled(stalled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalled = stalled
	p.open.Broadcast()
}
