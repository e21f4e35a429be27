// Package permits limits how many messages all processes together send to WeChat in a second.
package permits

import "wxdesk/internal/postgres"

// DB is the limit's part of the ledger.
type DB struct {
	pool    *postgres.Pool
	permits *permits
}

// New returns a DB over the pool. All processes are given the same limit.
func New(pool *postgres.Pool, perSecond int) *DB { return &DB{pool, newPermits(perSecond)} }
