// Package upkeep looks after the ledger as a whole: it deletes what is kept no longer, repairs what crashes left, compares tables with
// each other, has runs told after a restore, seals values anew after a change of master keys, and measures.
package upkeep

import (
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/secret"
)

// DB is the part of the ledger that looks after the rest.
type DB struct {
	pool     *postgres.Pool
	ring     *secret.Keyring
	standing *standing.DB
}

// New returns a DB over the pool.
func New(pool *postgres.Pool, ring *secret.Keyring) *DB { return &DB{pool, ring, standing.New(ring)} }
