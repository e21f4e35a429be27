package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
)

func TestPool_countsConnectionsInUse(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	db := postgrestest.OpenWith(t, 3, f.DSN, f.Ring)
	pool := func(used int) {
		t.Helper()
		got, most := db.Connections()
		require.Equal(t, used, got)
		require.Equal(t, 3, most)
	}
	pool(0)
	require.NoError(t, db.InTx(t.Context(), "try", func(tx *postgres.Tx) error {
		pool(1)
		return nil
	}))
	pool(0)
}
