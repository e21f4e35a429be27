package postgres

import (
	"context"
	"net"
	"sync"
	"time"
)

// grace is how much longer than its context a call may read and write: long enough for a healthy Postgres to answer the
// driver's cancellation, so that the connection ends in order.
const grace = 250 * time.Millisecond

// socket is a connection to Postgres that gives up: each read and write has a deadline, and the end of the context that
// it obeys ends them all.
type socket struct {
	net.Conn
	io time.Duration

	mu   sync.Mutex
	turn int         // counts the contexts obeyed, so that the end of an earlier one does no harm
	stop func() bool // forgets the context
	cut  time.Time   // when everything ends; zero while the context lives
}

// obey puts what follows under ctx, in place of the context before.
func (s *socket) obey(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
	}
	s.turn++
	turn := s.turn
	s.cut = time.Time{}
	s.stop = context.AfterFunc(ctx, func() { s.cutOff(turn) })
}

// cutOff ends pending and coming reads and writes of one turn after the grace.
func (s *socket) cutOff(turn int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if turn != s.turn {
		return
	}
	s.cut = time.Now().Add(grace)
	_ = s.Conn.SetDeadline(s.cut) // fails only on a closed connection, which needs none
}

// Read implements net.Conn.
func (s *socket) Read(b []byte) (int, error) {
	s.limit(s.Conn.SetReadDeadline)
	return s.Conn.Read(b)
}

// Write implements net.Conn.
func (s *socket) Write(b []byte) (int, error) {
	s.limit(s.Conn.SetWriteDeadline)
	return s.Conn.Write(b)
}

// Close implements net.Conn.
func (s *socket) Close() error {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	return s.Conn.Close()
}

func (s *socket) limit(set func(time.Time) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := time.Now().Add(s.io)
	if !s.cut.IsZero() && s.cut.Before(end) {
		end = s.cut
	}
	_ = set(end) // fails only on a closed connection; the read or write says so itself
}
