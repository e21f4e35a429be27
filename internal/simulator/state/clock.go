package state

import "time"

// Wall returns the wall clock, the one that callbacks are stamped with.
func (s *Store) Wall() time.Time { return s.wall() }

// Now returns the simulator's own time, which the control API can move ahead. The caller holds the lock.
func (s *Store) Now() time.Time { return s.wall().Add(s.facts.ahead) }

// Ahead returns how far the simulator's time is ahead of the wall clock. The caller holds the lock.
func (s *Store) Ahead() time.Duration { return s.facts.ahead }

// NextID returns the identifier of the next callback, a MsgId: 19 digits, increasing, and never given before, not even by a
// simulator that has forgotten everything, because its low end is the wall clock. The caller holds the lock and commits it.
func (s *Store) NextID() int64 { return max(s.facts.lastID+1, s.wall().UnixNano()) }
