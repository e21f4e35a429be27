package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Options says where a simulator keeps its state. The zero value is a simulator in memory that logs nothing.
type Options struct {
	// StateFile is the journal that survives the process; it is made if it does not exist, readable by its owner alone.
	// Empty keeps everything in memory.
	StateFile string
	// Log receives one event per attempted callback and per refused API call. Nil discards.
	Log *slog.Logger
	// Now is the wall clock, the one callbacks are stamped with. Nil is time.Now.
	Now func() time.Time
}

// Simulator is one WeChat. All its methods may be called from any goroutine.
type Simulator struct {
	log     *slog.Logger
	wall    func() time.Time
	client  callbackClient
	handler http.Handler
	unlock  func()

	life context.Context // ends with Close; what callbacks under way and long polls hang on
	stop context.CancelFunc
	work sync.WaitGroup

	mu       sync.Mutex // guards everything below
	state    *state
	journal  *journal
	queue    []*delivery // callbacks due now, in the order they were written
	inFlight int
	closed   bool
}

var errClosed = errors.New("simulator: closed")

// New reads the state file, if there is one, and goes on where it ends: callbacks that were under way are attempted again.
// It fails if the file cannot be read, is damaged before its last line, or belongs to a simulator that still runs.
func New(o Options) (*Simulator, error) {
	s := &Simulator{log: o.Log, wall: o.Now, client: newCallbackClient(), state: newState(), unlock: func() {}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.wall == nil {
		s.wall = time.Now
	}
	if o.StateFile != "" {
		unlock, err := lockFile(o.StateFile + ".lock")
		if err != nil {
			return nil, fmt.Errorf("simulator: state file %s is in use: %w", o.StateFile, err)
		}
		s.unlock = unlock
		s.journal, err = openJournal(o.StateFile, s.state, s.wall())
		if err != nil {
			unlock()
			return nil, fmt.Errorf("simulator: %w", err)
		}
	}
	s.life, s.stop = context.WithCancel(context.Background())
	s.handler = s.routes()
	s.resume()
	return s, nil
}

// Handler serves WeChat's API under /cgi-bin/, the control API under /_sim/ and the phone at /.
func (s *Simulator) Handler() http.Handler { return s.handler }

// Close breaks off callbacks under way and long polls, waits for them, and closes the state file. What it breaks off goes on
// when the file is opened again. Close may be called more than once.
func (s *Simulator) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()

	s.stop()
	s.work.Wait()
	s.client.close()
	err := s.journal.close()
	s.unlock()
	return err
}

// commit makes one change: first in the journal, then in memory. On an error nothing has changed. The caller holds mu.
func (s *Simulator) commit(c change) error {
	if s.closed {
		return errClosed
	}
	if err := s.journal.append(c); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	s.state.apply(c)
	return nil
}

// now is the simulator's own time, which the control API can move ahead. The caller holds mu.
func (s *Simulator) now() time.Time { return s.wall().Add(s.state.ahead) }

// nextID gives the identifier of the next callback, a MsgId: 19 digits, increasing, and never given before, not even by a
// simulator that has forgotten everything, because its low end is the wall clock. The caller holds mu and commits it.
func (s *Simulator) nextID() int64 { return max(s.state.lastID+1, s.wall().UnixNano()) }
