// Package notify holds what a transaction leaves for those outside it: events for agents' desks, triggers for the distribution, and
// notices for the runs of conversations. All are rows, written in the transaction that they tell of, so they are there exactly when
// what they tell of is. Who listens is notified soon after the commit, and finds them by looking.
package notify

import "wxdesk/internal/postgres"

// DB is the part of the ledger that tells others.
type DB struct{ pool *postgres.Pool }

// New returns a DB over the pool.
func New(pool *postgres.Pool) *DB { return &DB{pool} }
