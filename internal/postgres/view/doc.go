// Package view reads what agents and supervisors are shown of conversations, as far as they may see them.
package view

import (
	"wxdesk/internal/postgres"
	"wxdesk/internal/secret"
)

// DB is the part of the ledger that people read.
type DB struct {
	pool *postgres.Pool
	ring *secret.Keyring
}

// New returns a DB over the pool.
func New(pool *postgres.Pool, ring *secret.Keyring) *DB { return &DB{pool, ring} }
