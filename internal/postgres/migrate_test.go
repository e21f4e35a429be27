package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/devstack"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/secret"
)

func TestMigrate_fillsAnEmptyDatabaseOnce(t *testing.T) {
	t.Parallel()
	dsn := devstack.TestDatabase(t, "empty", nil)
	ring, err := secret.ParseKeyring(secret.NewMasterKey("test"))
	require.NoError(t, err)
	db := postgrestest.Open(t, dsn, ring)

	version, err := db.SchemaVersion(t.Context())
	require.NoError(t, err)
	require.Zero(t, version)
	current, err := db.UpToDate(t.Context())
	require.NoError(t, err)
	require.False(t, current)

	applied, err := postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	require.NotEmpty(t, applied)
	require.Equal(t, int64(1), applied[0].Version)
	require.Equal(t, "00001_tenants_and_people.sql", applied[0].Name)
	current, err = db.UpToDate(t.Context())
	require.NoError(t, err)
	require.True(t, current)

	applied, err = postgres.Migrate(t.Context(), dsn)
	require.NoError(t, err)
	require.Empty(t, applied)
}

func TestMigrate_oneOfManyProcessesWorks(t *testing.T) {
	t.Parallel()
	dsn := devstack.TestDatabase(t, "empty", nil)
	counts := make([]int, 3)
	var group errgroup.Group
	for i := range counts {
		group.Go(func() error {
			applied, err := postgres.Migrate(t.Context(), dsn)
			counts[i] = len(applied)
			return err
		})
	}
	require.NoError(t, group.Wait())
	require.ElementsMatch(t, []int{0, 0, max(counts[0], counts[1], counts[2])}, counts)
}
