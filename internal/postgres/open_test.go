package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres"
)

func TestPool_countsConnectionsInUse(t *testing.T) {
	t.Parallel()
	f := newEmptyFixture(t)
	db := openWith(t, 3, f.dsn, f.ring)
	pool := func(used int) {
		t.Helper()
		got, most := db.Pool()
		require.Equal(t, used, got)
		require.Equal(t, 3, most)
	}
	pool(0)
	require.NoError(t, db.InTx(t.Context(), func(tx *postgres.Tx) error {
		pool(1)
		return nil
	}))
	pool(0)
}
