package postgres_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
	"wxdesk/internal/postgres"
	"wxdesk/schema"
)

// From every version of the schema, with rows that the program of that day could have written, Migrate comes to the newest: the
// same schema as that of a fresh database, and no row is lost. The rows of a version stand in testdata/rows. A migration that makes a
// table needs a file there, with a row in it; one that changes rows needs rows that it changes.
func TestMigrate_everyVersionComesToTheNewest(t *testing.T) {
	t.Parallel()
	fresh := devstack.TestDatabase(t, "empty", nil)
	applied, err := postgres.Migrate(t.Context(), fresh)
	require.NoError(t, err)
	newest := applied[len(applied)-1].Version
	require.EqualValues(t, len(applied), newest, "the versions have no gap")
	want := schemaOf(t, fresh)

	for from := int64(1); from <= newest; from++ {
		t.Run(fmt.Sprintf("from version %d", from), func(t *testing.T) {
			t.Parallel()
			dsn := devstack.TestDatabase(t, "empty", nil)
			db, err := sqlx.Open("postgres", dsn)
			require.NoError(t, err)
			defer db.Close() //nolint:errcheck // a test's
			provider, err := goose.NewProvider(goose.DialectPostgres, db.DB, schema.Files, goose.WithDisableGlobalRegistry(true))
			require.NoError(t, err)
			for version := range from {
				_, err := provider.UpTo(t.Context(), version+1)
				require.NoError(t, err)
				writeRows(t, db, version+1)
			}
			before := rowsOf(t, db)
			for table, n := range before {
				require.Positive(t, n, "rows of %s", table)
			}

			applied, err := postgres.Migrate(t.Context(), dsn)
			require.NoError(t, err)
			require.Len(t, applied, int(newest-from))
			require.Equal(t, want, schemaOf(t, dsn), "the same as a fresh database")
			after := rowsOf(t, db)
			for _, table := range slices.Sorted(maps.Keys(before)) {
				if left, ok := after[table]; ok {
					require.GreaterOrEqual(t, left, before[table], table)
				}
			}
		})
	}
}

// writeRows fills the tables as they are at a version.
func writeRows(t *testing.T, db *sqlx.DB, version int64) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "rows", fmt.Sprintf("%05d.sql", version)))
	if os.IsNotExist(err) {
		return
	}
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), string(text))
	require.NoError(t, err, "rows of version %d", version)
}

// rowsOf counts the rows of each table.
func rowsOf(t *testing.T, db *sqlx.DB) map[string]int {
	t.Helper()
	var tables []string
	require.NoError(t, db.Select(&tables, `select tablename from pg_tables where schemaname = 'public'`))
	count := map[string]int{}
	for _, table := range tables {
		var n int
		require.NoError(t, db.Get(&n, `select count(*) from `+table))
		count[table] = n
	}
	return count
}

// schemaOf describes everything in the schema, one thing a line: columns in their order, constraints, indexes, and whatever
// else a migration may make.
func schemaOf(t *testing.T, dsn string) string {
	t.Helper()
	db, err := sqlx.Open("postgres", dsn)
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // a test's
	const query = `
		select format('%s.%s %s %s null %s default %s %s', table_name, lpad(ordinal_position::text, 3, '0'), column_name, udt_name, is_nullable,
			coalesce(column_default, '-'), coalesce(identity_generation, '-'))
		from information_schema.columns where table_schema = 'public'
		union all select format('%s constraint %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
		from pg_constraint where connamespace = 'public'::regnamespace
		union all select indexdef from pg_indexes where schemaname = 'public'
		union all select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace and prokind in ('f', 'p')
		union all select pg_get_triggerdef(t.oid) from pg_trigger t where not tgisinternal
		union all select format('view %s %s', viewname, definition) from pg_views where schemaname = 'public'
		union all select format('policy %s', policyname) from pg_policies
		union all select format('extension %s', extname) from pg_extension
		order by 1`
	var lines []string
	require.NoError(t, db.Select(&lines, query))
	require.Greater(t, len(lines), 100)
	return strings.Join(lines, "\n")
}
