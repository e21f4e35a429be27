package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/conversation"
	"wxdesk/internal/devstack"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/secret"
	"wxdesk/schema"
)

// folded is the number of the last migration that makes tables; those after it meet a filled database.
const folded = 5

// withExample are the migrations, and after them one that changes filled tables as CONTRIBUTING.md says.
func withExample(t testing.TB) fs.FS {
	t.Helper()
	all := fstest.MapFS{}
	for _, dir := range []fs.FS{schema.Files, os.DirFS("testdata/migrations")} {
		names, err := fs.Glob(dir, "*.sql")
		require.NoError(t, err)
		for _, name := range names {
			text, err := fs.ReadFile(dir, name)
			require.NoError(t, err)
			all[name] = &fstest.MapFile{Data: text}
		}
	}
	return all
}

// migratedTo makes a database with the migrations up to a version.
func migratedTo(t *testing.T, version int64) *postgrestest.Fixture {
	t.Helper()
	dsn := devstack.TestDatabase(t, "empty", nil)
	raw, err := sqlx.Open("postgres", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, raw.Close()) })
	provider, err := goose.NewProvider(goose.DialectPostgres, raw.DB, schema.Files, goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	require.NoError(t, err)
	ring, err := secret.ParseKeyring(secret.NewMasterKey("test"))
	require.NoError(t, err)
	return &postgrestest.Fixture{Ledger: postgrestest.Open(t, dsn, ring), DSN: dsn, Ring: ring, Raw: raw}
}

// A migration that does not get its lock lets those pass that came after it, and is made when it does.
func TestMigrate_letsOthersPassWhileItWaits(t *testing.T) {
	t.Parallel()
	f := migratedTo(t, folded)
	slow, err := f.Raw.Beginx()
	require.NoError(t, err)
	defer slow.Rollback() //nolint:errcheck // ended below
	_, err = slow.Exec(`select * from tenants`)
	require.NoError(t, err)

	files := withExample(t)
	var migrating errgroup.Group
	migrating.Go(func() error {
		_, err := postgres.MigrateFrom(t.Context(), f.DSN, files)
		return err
	})
	const blocked = `select exists (select from pg_locks where not granted and relation = 'tenants'::regclass)`
	require.Eventually(t, func() (waits bool) {
		require.NoError(t, f.Raw.Get(&waits, blocked))
		return waits
	}, 20*time.Second, 10*time.Millisecond)
	for range 3 { // each would be given up after four seconds
		var n int
		require.NoError(t, f.Ledger.DB.GetContext(t.Context(), &n, `select count(*) from tenants`))
	}
	require.NoError(t, slow.Rollback())
	require.NoError(t, migrating.Wait())
	version, err := f.SchemaVersion(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 99999, version)
}

// The newest migrations are made on a filled database while conversations go on.
func TestMigrate_newestDuringOperation(t *testing.T) {
	t.Parallel()
	f := migratedTo(t, folded)
	f.Exec(t, `
		insert into accounts (tenant, id, name, original_id, app_id, mode, kind, reply_mode, verified, language, idle_close_ms, id_key, app_secret, bot_id)
		values ('default', gen_random_uuid(), 'a', 'gh_0123456789ab', 'wx0123456789abcdef', 'safe', 'service', 'active', true, 'en', 1000, 'x', 'x',
			'00000000-0000-7000-8000-000000000001')`)
	require.NoError(t, f.Raw.Get(&f.TheAccount.ID, `select id from accounts`))
	f.Fill(t, 30_000)

	ctx, stop := context.WithCancel(t.Context())
	var working errgroup.Group
	for w := range 4 {
		working.Go(func() error {
			for i := 0; ctx.Err() == nil; i++ {
				if err := workOn(f, ctx, fmt.Sprint(w, "-", i)); err != nil && !errors.Is(err, context.Canceled) {
					return err
				}
			}
			return nil
		})
	}
	applied, err := postgres.MigrateFrom(t.Context(), f.DSN, withExample(t))
	stop()
	require.NoError(t, err)
	require.Equal(t, "99999_beside_the_work.sql", applied[len(applied)-1].Name)
	require.NoError(t, working.Wait())
	var invalid int
	require.NoError(t, f.Raw.Get(&invalid, `select count(*) from pg_index where not indisvalid`))
	require.Zero(t, invalid)
	require.Zero(t, f.Count(t, "assignments", "opened_day is null"))
}

// workOn writes what a conversation writes, under the limits of serving processes.
func workOn(f *postgrestest.Fixture, ctx context.Context, key string) error {
	return f.InTx(ctx, "try", func(tx *postgres.Tx) error {
		var id conversation.ID
		if err := tx.GetContext(ctx, &id, `select id from conversations where tenant = 'default' limit 1 for no key update`); err != nil {
			return err
		}
		for _, statement := range []string{
			`insert into receipts (tenant, account_id, message_key, delivery_id, outcome, received_at) select 'default', id, $1, gen_random_uuid(), 'noted', now() from accounts`,
			`insert into audit (tenant, actor, action, subject) values ('default', 'test', 'test', $1)`,
			`update tenants set name = $1`,
			`insert into routing_traces (tenant, conversation_id, stage, body) select 'default', id, 'route', to_jsonb($1::text) from conversations limit 1`,
		} {
			if _, err := tx.ExecContext(ctx, statement, key); err != nil {
				return err
			}
		}
		return nil
	})
}
