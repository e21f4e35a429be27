// Package distribution finds agents for waiting conversations: it reads what waits and who could take it, internal/routing chooses,
// and short transactions write what was chosen.
package distribution

import (
	"time"

	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// DB is the distribution's part of the ledger.
type DB struct {
	pool        *postgres.Pool
	evaluator   routing.Evaluator // of queues' own rules; nil finds that none holds
	evaluateFor time.Duration     // in a batch, by queues' own rules
	memories    memories          // of batches
}

// New returns a DB over the pool. evaluator judges the conditions of queues' own rules; where it is nil, none holds.
func New(pool *postgres.Pool, evaluator routing.Evaluator) *DB {
	return &DB{pool: pool, evaluator: evaluator, evaluateFor: evaluateFor}
}
