// Package audit notes who changed the set-up, and who was not let in. Rows are only ever added; they name fields, never values.
package audit

import "wxdesk/internal/postgres"

// DB is the audit's part of the ledger.
type DB struct{ pool *postgres.Pool }

// New returns a DB over the pool.
func New(pool *postgres.Pool) *DB { return &DB{pool} }
