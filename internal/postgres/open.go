package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/feed"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
)

// DB is the ledger. It is safe for concurrent use.
type DB struct {
	sql       *sqlx.DB
	ring      *secret.Keyring
	dsn       string            // for listeners, which have a connection of their own
	evaluator routing.Evaluator // of queues' own rules; nil finds that none holds
	grace     time.Duration     // how long an agent's work waits after their last connection was lost

	permits *permits  // to send to WeChat
	notices *notifier // to those who listen

	evaluateFor time.Duration // in a batch of the distribution, by queues' own rules
	memories    memories      // of batches
}

// Pool limits. A connection is given back before it is old enough to outlive a failover unnoticed.
const (
	maxConns     = 16
	connLifetime = 30 * time.Minute
	connIdleTime = 5 * time.Minute
)

// Option changes a setting of the DB that Open returns.
type Option func(*options)

type options struct {
	evaluator routing.Evaluator
	grace     time.Duration
	sends     int
	open      func(driver.Connector) *sql.DB // nil for sql.OpenDB
}

// WithEvaluator has the conditions of queues' own rules judged; without, none holds.
func WithEvaluator(j routing.Evaluator) Option { return func(o *options) { o.evaluator = j } }

// WithAgentGrace sets how long an agent's work and presence are kept after their last connection was lost;
// feed.DisconnectGrace unless said.
func WithAgentGrace(d time.Duration) Option { return func(o *options) { o.grace = d } }

// WithSendsPerSecond limits the sends to WeChat of all processes together; 100 unless said. All are given the same.
func WithSendsPerSecond(n int) Option { return func(o *options) { o.sends = n } }

// Open connects to the database that dsn names, a URL or key=value pairs as libpq reads them, over TCP or a unix socket.
// It fails where Postgres does not answer; it does not look at the schema (see UpToDate).
func Open(ctx context.Context, dsn string, ring *secret.Keyring, opts ...Option) (*DB, error) {
	o := options{grace: feed.DisconnectGrace, sends: defaultSendsPerSecond}
	for _, opt := range opts {
		opt(&o)
	}
	pool, err := openPool(dsn, servingLimits, o.open)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	pool.SetConnMaxLifetime(connLifetime)
	pool.SetConnMaxIdleTime(connIdleTime)
	db := &DB{sql: pool, ring: ring, dsn: dsn, evaluator: o.evaluator, grace: o.grace, permits: newPermits(o.sends), evaluateFor: evaluateFor}
	db.notices = newNotifier(db.notify)
	if err := db.Ping(ctx); err != nil {
		_ = pool.Close() // the first error says it all
		return nil, err
	}
	return db, nil
}

// Ping asks Postgres for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	return explain(ctx, "reach the database", db.sql.PingContext(ctx))
}

// Pool returns how many connections of the pool are in use, and how many there may be. A call that finds none free waits, until its
// context ends. Listeners have connections of their own.
func (db *DB) Pool() (used, most int) {
	stats := db.sql.Stats()
	return stats.InUse, stats.MaxOpenConnections
}

// Close sends the notices that are left and gives the connections back. Calls that are under way fail.
func (db *DB) Close() error {
	db.notices.close()
	if err := db.sql.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}
