// Package act does what agents and supervisors ask for in a conversation, each once by its Idempotency-Key.
package act

import (
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/postgres/view"
	"wxdesk/internal/secret"
)

// DB is the commands' part of the ledger.
type DB struct {
	pool     *postgres.Pool
	ring     *secret.Keyring
	standing *standing.DB
	view     *view.DB
}

// New returns a DB over the pool.
func New(pool *postgres.Pool, ring *secret.Keyring) *DB {
	return &DB{pool, ring, standing.New(ring), view.New(pool, ring)}
}
