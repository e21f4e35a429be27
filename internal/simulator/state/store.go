package state

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Store keeps the state of one simulator. Whoever calls a method that says so holds the lock: several calls are one step.
type Store struct {
	wall   func() time.Time
	unlock func() // of the state file

	ctx  context.Context // ends with Stop
	stop context.CancelFunc

	mu      sync.Mutex // guards everything below
	facts   *facts
	journal *journal
	closed  bool
}

// ErrClosed is returned by whatever needs a store that is closed.
var ErrClosed = errors.New("simulator: closed")

// Open reads the state file, if there is one, and goes on where it ends. Without a path everything stays in memory. It fails if the
// file cannot be read, is damaged before its last line, or belongs to a process that still runs.
func Open(path string, wall func() time.Time) (*Store, error) {
	s := &Store{wall: wall, facts: newFacts(), unlock: func() {}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	if path == "" {
		return s, nil
	}
	if err := s.openFile(path); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *Store) openFile(path string) error {
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return fmt.Errorf("simulator: state file %s is in use: %w", path, err)
	}
	s.journal, err = openJournal(path, s.facts, s.wall())
	if err != nil {
		unlock()
		return fmt.Errorf("simulator: %w", err)
	}
	s.unlock = unlock
	return nil
}

// Lock and Unlock guard the state. They are held for moments, never while something is sent or waited for.
func (s *Store) Lock() { s.mu.Lock() }

// Unlock ends what Lock began.
func (s *Store) Unlock() { s.mu.Unlock() }

// Stop ends the store's work: nothing is committed any more, and whoever waits on Context gives up. It reports whether this was the first
// call.
func (s *Store) Stop() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.closed = true
	s.stop()
	return true
}

// Close closes the state file. It is called once, after Stop, when nobody works with the store any more.
func (s *Store) Close() error {
	err := s.journal.close()
	s.unlock()
	return err
}

// Context returns a context that ends with Stop: callbacks under way and long polls depend on it.
func (s *Store) Context() context.Context { return s.ctx }

// Closed reports whether Stop was called. The caller holds the lock.
func (s *Store) Closed() bool { return s.closed }

// Commit makes one change: first in the journal, then in memory. On an error nothing has changed. The caller holds the lock.
func (s *Store) Commit(c Change) error {
	if s.closed {
		return ErrClosed
	}
	if err := s.journal.append(c); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	s.facts.apply(c)
	return nil
}

// Settings returns the settings that hold now. The caller holds the lock.
func (s *Store) Settings() Settings { return s.facts.settings }

// Accounts returns all accounts, by AppID. The caller holds the lock.
func (s *Store) Accounts() []*AccountData {
	var accounts []*AccountData
	for _, appID := range slices.Sorted(maps.Keys(s.facts.accounts)) {
		accounts = append(accounts, s.facts.accounts[appID])
	}
	return accounts
}

// Account finds an account, or fails with a Mistake. The caller holds the lock.
func (s *Store) Account(appID string) (*AccountData, error) { return s.facts.account(appID) }

// Follower finds a customer of an account, or fails with a Mistake. The caller holds the lock.
func (s *Store) Follower(appID, openID string) (*FollowerData, error) {
	return s.facts.follower(appID, openID)
}

// Pending finds a callback without a verdict, nil if there is none. The caller holds the lock.
func (s *Store) Pending(id int64) *Pending { return s.facts.pending[id] }

// AllPending returns all callbacks without a verdict, the oldest first. The caller holds the lock.
func (s *Store) AllPending() []*Pending {
	var all []*Pending
	for _, id := range slices.Sorted(maps.Keys(s.facts.pending)) {
		all = append(all, s.facts.pending[id])
	}
	return all
}
