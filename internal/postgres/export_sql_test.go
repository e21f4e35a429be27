package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/jmoiron/sqlx"
)

// SQL is the adapter's pool, and InTx its transactions, for tests of the connections themselves.
func (db *DB) SQL() *sqlx.DB { return db.sql }

// InTx runs fn as every write runs.
func (db *DB) InTx(ctx context.Context, fn func(tx *transaction) error) error {
	return db.inTx(ctx, "try", fn)
}

// ClaimSpooled are the statements of a claim, one after the other.
func ClaimSpooled() []string {
	return []string{claimSpooled(oldestSpooled), claimSpooled(spooledByConversation)}
}

// Owing is the statement that finds conversations which have owed something for long.
const Owing = owing

// MigrateFrom is Migrate with migrations of a test's own.
var MigrateFrom = migrate

// Tx is a transaction of the ledger.
type Tx = transaction

// WithOpened has the pool opened by a test, over the ledger's own sessions.
func WithOpened(open func(driver.Connector) *sql.DB) Option {
	return func(o *options) { o.open = open }
}
