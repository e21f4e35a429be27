package cli

import (
	"context"
	"fmt"
	"time"

	"wxdesk/internal/config"
	"wxdesk/internal/postgres"
	"wxdesk/internal/temporalclient"
)

type migrateCmd struct {
	Restored bool `help:"Say that the database was restored from a backup: event streams start again, and the runs of open conversations read how they stand in it."`
}

// migratePatience is how long Temporal may take to be there.
const migratePatience = 30 * time.Second

// Run brings the database up to date and registers search attributes. It may run beside itself and again.
func (c migrateCmd) Run(ctx context.Context, p Process) error {
	cfg, err := settings(p, config.DatabaseURL, config.MasterKeys)
	if err != nil {
		return err
	}
	restored, err := migrateDatabase(ctx, p, cfg)
	if err != nil {
		return err
	}
	if err := registerSearchAttributes(ctx, p, cfg); err != nil {
		return err
	}
	if c.Restored {
		restored, err = makeGood(ctx, p, cfg, func(context.Context, *ledger) (bool, error) { return true, nil })
	}
	if err != nil || !restored {
		return err
	}
	return nudgeAll(ctx, p, cfg)
}

// nudgeAll has every open run look how its conversation stands in a restored database, also if that has ended there.
func nudgeAll(ctx context.Context, p Process, cfg config.Config) error {
	c, namespace, err := temporalOf(cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	n, err := temporalclient.Versions{Client: c, Namespace: namespace}.NudgeAll(ctx)
	if err != nil {
		return fmt.Errorf("%w; `wxdesk migrate --restored` does it again", err)
	}
	say(p, "nudged %d open runs", n)
	return nil
}

// migrateDatabase reports whether the database was restored from a dump of another cluster.
func migrateDatabase(ctx context.Context, p Process, cfg config.Config) (restored bool, err error) {
	applied, err := postgres.Migrate(ctx, cfg.DatabaseURL.Reveal())
	if err != nil {
		return false, err
	}
	for _, m := range applied {
		say(p, "migrated %s (%s)", m.Name, m.Took.Round(time.Millisecond))
	}
	if len(applied) == 0 {
		say(p, "the database is up to date")
	}
	return makeGood(ctx, p, cfg, func(ctx context.Context, db *ledger) (bool, error) { return db.upkeep.LooksRestored(ctx) })
}

// makeGood tells everybody that the database was restored, if it was.
func makeGood(ctx context.Context, p Process, cfg config.Config, restored func(context.Context, *ledger) (bool, error)) (was bool, err error) {
	db, _, err := openLedger(ctx, cfg, nil)
	if err != nil {
		return false, err
	}
	defer db.close() //nolint:errcheck // nothing is left to be lost
	was, err = restored(ctx, db)
	if err != nil || !was {
		return false, err
	}
	open, err := db.upkeep.Restored(ctx)
	if err != nil {
		return false, err
	}
	say(p, "the database was restored: event streams start again, and the runs of %d open conversations read how they stand in it", open)
	return true, nil
}

// registerSearchAttributes has Temporal know the search attributes of conversations, as soon as it is there.
func registerSearchAttributes(ctx context.Context, p Process, cfg config.Config) error {
	c, namespace, err := temporalOf(cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, migratePatience)
	defer cancel()
	for {
		registered, err := temporalclient.RegisterSearchAttributes(ctx, c, namespace)
		if err == nil {
			for _, name := range registered {
				say(p, "registered search attribute %s", name)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; is Temporal running (TEMPORAL_ADDRESS)?", err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}
