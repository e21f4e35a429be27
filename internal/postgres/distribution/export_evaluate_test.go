package distribution

import (
	"time"
)

// EvaluateFor sets how long a batch judges by queues' own rules.
func (db *DB) EvaluateFor(d time.Duration) { db.evaluateFor = d }
