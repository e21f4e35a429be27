// Package presence holds agents' presence: chosen by them, set by their work, or lost with their last connection.
package presence

import (
	"time"

	"wxdesk/internal/postgres"
)

// DB is the presence's part of the ledger.
type DB struct {
	pool  *postgres.Pool
	grace time.Duration // how long an agent's work waits after their last connection was lost
}

// New returns a DB over the pool. grace is how long an agent's work and presence are kept after their last connection was lost.
func New(pool *postgres.Pool, grace time.Duration) *DB { return &DB{pool, grace} }
