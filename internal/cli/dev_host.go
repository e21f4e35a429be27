package cli

import (
	"context"

	"wxdesk/internal/cli/dev"
	"wxdesk/internal/config"
	"wxdesk/internal/postgres"
)

// devHostOf is the command line as the sub-commands dev and demo use it.
func devHostOf(p Process) dev.Host {
	return dev.Host{
		Stdout: p.Stdout, Environ: p.Environ, Operator: operator,
		OpenLedger: func(ctx context.Context, cfg config.Config) (*postgres.DB, error) {
			db, _, err := openLedger(ctx, cfg)
			return db, err
		},
		MigrateDatabase: func(ctx context.Context, cfg config.Config) error {
			_, err := migrateDatabase(ctx, p, cfg)
			return err
		},
		RegisterSearchAttributes: func(ctx context.Context, cfg config.Config) error {
			return registerSearchAttributes(ctx, p, cfg)
		},
	}
}
