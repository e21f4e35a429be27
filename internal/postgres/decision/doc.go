// Package decision loads what rules are asked about a conversation, before its bot's first answer and when it goes to people, and
// stores what follows from their answer.
package decision

import (
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/secret"
)

// DB is the part of the ledger that rules are asked about.
type DB struct {
	pool     *postgres.Pool
	ring     *secret.Keyring
	standing *standing.DB
}

// New returns a DB over the pool.
func New(pool *postgres.Pool, ring *secret.Keyring) *DB { return &DB{pool, ring, standing.New(ring)} }
