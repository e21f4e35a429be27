// Package tokens holds who may use the API and the codec endpoint: API tokens, sessions and tickets. Of each it keeps a hash only.
package tokens

import (
	"time"

	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/presence"
	"wxdesk/internal/postgres/users"
)

// DB is the part of the ledger that says who is let in.
type DB struct {
	pool     *postgres.Pool
	presence *presence.DB
	users    *users.DB
}

// New returns a DB over the pool. The grace is that of presence.New, and users says which sessions count.
func New(pool *postgres.Pool, users *users.DB, grace time.Duration) *DB {
	return &DB{pool, presence.New(pool, grace), users}
}
