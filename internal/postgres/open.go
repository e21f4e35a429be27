package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Pool is the pool of connections that all rooms of the ledger share. It is safe for concurrent use. A single statement runs on the
// pool itself; several that belong together run in a transaction, see Transact.
type Pool struct {
	*sqlx.DB
	dsn     string    // for listeners, which have a connection of their own
	notices *notifier // to those who listen
}

// Pool limits. A connection is given back before it is old enough to outlive a failover unnoticed.
const (
	maxConns     = 16
	connLifetime = 30 * time.Minute
	connIdleTime = 5 * time.Minute
)

// Option changes a setting of the Pool that Open returns.
type Option func(*options)

type options struct {
	open func(driver.Connector) *sql.DB // nil for sql.OpenDB
}

// Open connects to the database that dsn names, a URL or key=value pairs as libpq reads them, over TCP or a unix socket.
// It fails where Postgres does not answer; it does not look at the schema (see UpToDate).
func Open(ctx context.Context, dsn string, opts ...Option) (*Pool, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	opened, err := openPool(dsn, servingLimits, o.open)
	if err != nil {
		return nil, err
	}
	opened.SetMaxOpenConns(maxConns)
	opened.SetMaxIdleConns(maxConns)
	opened.SetConnMaxLifetime(connLifetime)
	opened.SetConnMaxIdleTime(connIdleTime)
	db := &Pool{DB: opened, dsn: dsn}
	db.notices = newNotifier(db.notify)
	if err := db.Ping(ctx); err != nil {
		_ = opened.Close() // the first error says it all
		return nil, err
	}
	return db, nil
}

// Ping asks Postgres for a sign of life.
func (db *Pool) Ping(ctx context.Context) error {
	return Explain(ctx, "reach the database", db.PingContext(ctx))
}

// Connections returns how many connections of the pool are in use, and how many there may be. A call that finds none free waits,
// until its context ends. Listeners have connections of their own.
func (db *Pool) Connections() (used, most int) {
	stats := db.Stats()
	return stats.InUse, stats.MaxOpenConnections
}

// Close sends the notices that are left and gives the connections back. Calls that are under way fail.
func (db *Pool) Close() error {
	db.notices.close()
	if err := db.DB.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}
