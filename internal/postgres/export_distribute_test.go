package postgres

import "time"

// JudgeFor sets how long a batch judges by queues' own rules.
func (db *DB) JudgeFor(d time.Duration) { db.judgeFor = d }
