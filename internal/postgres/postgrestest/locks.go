package postgrestest

import (
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
)

// Locked begins a transaction that holds what a query locks.
func (f *Fixture) Locked(t *testing.T, query string, args ...any) *sqlx.Tx {
	t.Helper()
	tx, err := f.Raw.Beginx()
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() }) // after Commit it does nothing
	_, err = tx.Exec(query, args...)
	require.NoError(t, err)
	return tx
}
