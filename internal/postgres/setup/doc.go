// Package setup holds what administrators set up for people: queues and their members, workstreams, skills, operating hours, capacity
// profiles, presences, rulesets, a tenant's settings, and what is said of customers.
package setup

import (
	"wxdesk/internal/postgres"
	"wxdesk/internal/secret"
)

// DB is the set-up's part of the ledger.
type DB struct {
	pool *postgres.Pool
	ring *secret.Keyring
}

// New returns a DB over the pool.
func New(pool *postgres.Pool, ring *secret.Keyring) *DB { return &DB{pool, ring} }
