// Package intake keeps what the callback endpoint hands over and no conversation has taken yet, or ever will: the spool, events,
// quarantine, receipts, and what callbacks have shown of an account's set-up.
package intake

import (
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/accounts"
	"wxdesk/internal/secret"
)

// DB is the intake's part of the ledger.
type DB struct {
	pool     *postgres.Pool
	ring     *secret.Keyring
	accounts *accounts.DB
}

// New returns a DB over the pool.
func New(pool *postgres.Pool, ring *secret.Keyring) *DB {
	return &DB{pool, ring, accounts.New(pool, ring)}
}
