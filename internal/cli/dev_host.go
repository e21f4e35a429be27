package cli

import (
	"context"

	"wxdesk/internal/cli/dev"
	"wxdesk/internal/config"
)

// devHostOf is the command line as the sub-commands dev and demo use it.
func devHostOf(p Process) dev.Host {
	return dev.Host{
		Stdout: p.Stdout, Environ: p.Environ, Operator: operator,
		OpenLedger: func(ctx context.Context, cfg config.Config) (*dev.Ledger, error) {
			db, _, err := openLedger(ctx, cfg, nil)
			if err != nil {
				return nil, err
			}
			return &dev.Ledger{Accounts: db.accounts, Agents: db.agents, Setup: db.setup, Sessions: db.tokens, Users: db.users, Close: db.close}, nil
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
