package cli

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"

	"wxdesk/internal/config"
	"wxdesk/internal/postgres"
	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
)

type migrateCmd struct{}

// migratePatience is how long Temporal may take to be there.
const migratePatience = 30 * time.Second

// Run brings the database up to date and registers search attributes. It may run beside itself and again.
func (migrateCmd) Run(ctx context.Context, p Process) error {
	cfg, err := settings(p, config.DatabaseURL, config.MasterKeys)
	if err != nil {
		return err
	}
	return migrate(ctx, p, cfg)
}

func migrate(ctx context.Context, p Process, cfg config.Config) error {
	applied, err := postgres.Migrate(ctx, cfg.DatabaseURL.Reveal())
	if err != nil {
		return err
	}
	for _, m := range applied {
		say(p, "migrated %s (%s)", m.Name, m.Took.Round(time.Millisecond))
	}
	if len(applied) == 0 {
		say(p, "the database is up to date")
	}
	registered, err := registerSearchAttributes(ctx, cfg)
	if err != nil {
		return err
	}
	for _, name := range registered {
		say(p, "registered search attribute %s", name)
	}
	return nil
}

func registerSearchAttributes(ctx context.Context, cfg config.Config) ([]string, error) {
	c, namespace, err := temporalOf(cfg)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, migratePatience)
	defer cancel()
	for {
		names, err := temporalclient.RegisterSearchAttributes(ctx, c, namespace)
		if err == nil {
			return names, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w; is Temporal running (TEMPORAL_ADDRESS)?", err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// temporalOf is Temporal for a command that says for itself what goes wrong, with the name of the namespace.
func temporalOf(cfg config.Config) (c client.Client, namespace string, err error) {
	ring, err := secret.ParseKeyring(cfg.MasterKeys)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", config.MasterKeys, err)
	}
	c, err = temporalclient.Lazy(temporalclient.Options{
		Env: cfg.Temporal, Codec: temporalclient.NewCodec(ring), Log: slog.New(slog.DiscardHandler),
	})
	namespace, _ = cfg.Temporal.LookupEnv(string(config.TemporalNamespace))
	return c, namespace, err
}
