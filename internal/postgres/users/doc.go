// Package users holds the people who sign in: their passwords, sessions and links, and how often somebody has tried. Of passwords, sessions
// and links it keeps a hash only.
package users

import (
	"time"

	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/presence"
	"wxdesk/internal/secret"
)

// DB is the part of the ledger that keeps users and their sessions.
type DB struct {
	pool     *postgres.Pool
	ring     *secret.Keyring
	presence *presence.DB
}

// New returns a DB over the pool. The grace is that of presence.New.
func New(pool *postgres.Pool, ring *secret.Keyring, grace time.Duration) *DB {
	return &DB{pool, ring, presence.New(pool, grace)}
}
