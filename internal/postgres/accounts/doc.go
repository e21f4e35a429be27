// Package accounts holds official accounts: their settings, their secrets and access tokens, their bots, and the answers of the FAQ.
package accounts

import (
	"wxdesk/internal/postgres"
	"wxdesk/internal/secret"
)

// DB is the accounts' part of the ledger.
type DB struct {
	pool *postgres.Pool
	ring *secret.Keyring
}

// New returns a DB over the pool.
func New(pool *postgres.Pool, ring *secret.Keyring) *DB { return &DB{pool, ring} }
