// Package agents holds agents, and what happens to their work when they leave: when they are disabled or deleted, and when nobody has
// been connected for them for longer than the grace.
package agents

import (
	"time"

	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/presence"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/secret"
)

// DB is the agents' part of the ledger.
type DB struct {
	pool     *postgres.Pool
	grace    time.Duration // how long an agent's work waits after their last connection was lost
	presence *presence.DB
	standing *standing.DB
}

// New returns a DB over the pool. The grace is that of presence.New.
func New(pool *postgres.Pool, ring *secret.Keyring, grace time.Duration) *DB {
	return &DB{pool, grace, presence.New(pool, grace), standing.New(ring)}
}
