// Package transcript holds what is said in conversations: it receives what customers write, loads what a bot is asked and stores its
// answer, and claims and settles what is sent. Beginning and end of a conversation are here too.
package transcript

import (
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/accounts"
	"wxdesk/internal/postgres/intake"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/secret"
)

// DB is the transcript's part of the ledger.
type DB struct {
	pool     *postgres.Pool
	ring     *secret.Keyring
	accounts *accounts.DB
	intake   *intake.DB
	standing *standing.DB
}

// New returns a DB over the pool.
func New(pool *postgres.Pool, ring *secret.Keyring) *DB {
	return &DB{pool, ring, accounts.New(pool, ring), intake.New(pool, ring), standing.New(ring)}
}
