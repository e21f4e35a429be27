package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"wxdesk/schema"
)

// Migration is one that Migrate has applied.
type Migration struct {
	Version int64
	Name    string // of its file
	Took    time.Duration
}

// migrationLimits let a statement of a migration work for long; only a Postgres that has fallen silent ends it. It waits for a lock
// only for a second: whatever comes after it waits behind it, and is itself given up after servingLimits.
var migrationLimits = limits{lock: time.Second, io: 10 * time.Minute}

// A migration that did not get a lock is tried again after a second, for five minutes; then whatever holds the lock has to be looked
// at by a person.
const (
	migrationAgain = time.Second
	migrationTries = 150
)

// Processes that migrate at the same time look at the lock once a second, for five minutes.
const (
	migrationLockSeconds = 1
	migrationLockTries   = 300
)

// Migrate brings the schema up to date and says what it applied, nothing if it was up to date. Several processes may
// run it at once: a lock lets one work and the others wait. Each migration is a transaction of its own, or repeatable. One that
// does not get a lock within a second gives way to what waits behind it and is tried again.
func Migrate(ctx context.Context, dsn string) (applied []Migration, err error) {
	return migrate(ctx, dsn, schema.Files)
}

func migrate(ctx context.Context, dsn string, files fs.FS) (applied []Migration, err error) {
	pool, err := openPool(dsn, migrationLimits, nil)
	if err != nil {
		return nil, err
	}
	defer pool.Close() //nolint:errcheck // nothing is left to be lost
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(migrationLockSeconds, migrationLockTries))
	if err != nil {
		return nil, fmt.Errorf("set up the migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, pool.DB, files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	for try := 1; ; try++ {
		results, err := provider.Up(ctx)
		if part, ok := errors.AsType[*goose.PartialError](err); ok {
			results = part.Applied
		}
		for _, r := range results {
			applied = append(applied, Migration{Version: r.Source.Version, Name: path.Base(r.Source.Path), Took: r.Duration})
		}
		if err == nil {
			return applied, nil
		}
		if pq.As(err, pqerror.LockNotAvailable) == nil || try == migrationTries || !rest(ctx, migrationAgain) {
			return applied, fmt.Errorf("migrate the database: %w", err) // our own statements; no rows are quoted
		}
	}
}

// SchemaVersion is the number of the newest migration that the database has, 0 if it has none.
func (db *Pool) SchemaVersion(ctx context.Context) (version int64, err error) {
	const query = `select coalesce(max(version_id), 0) from goose_db_version where is_applied`
	err = db.GetContext(ctx, &version, query)
	if pq.As(err, pqerror.UndefinedTable) != nil {
		return 0, nil //nolint:nilerr // no such table, no migrations
	}
	return version, Explain(ctx, "read the schema's version", err)
}

// UpToDate reports whether the database has every migration that this binary knows. A newer schema is up to date too:
// during a deploy old and new processes share it.
func (db *Pool) UpToDate(ctx context.Context) (bool, error) {
	newest, err := newestMigration()
	if err != nil {
		return false, err
	}
	version, err := db.SchemaVersion(ctx)
	return err == nil && version >= newest, err
}

func newestMigration() (newest int64, err error) {
	names, err := fs.Glob(schema.Files, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("list the migrations: %w", err)
	}
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migration %s has no number: %w", name, err)
		}
		newest = max(newest, version)
	}
	return newest, nil
}
