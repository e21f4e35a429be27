package postgres

import (
	"database/sql"
	"database/sql/driver"
)

// MigrateFrom is Migrate with migrations of a test's own.
var MigrateFrom = migrate

// WithOpened has the pool opened by a test, over the ledger's own sessions.
func WithOpened(open func(driver.Connector) *sql.DB) Option {
	return func(o *options) { o.open = open }
}
