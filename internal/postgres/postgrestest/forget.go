package postgrestest

import (
	"testing"
)

// Forget deletes what is old.
func Forget(t *testing.T, db *Ledger) error {
	t.Helper()
	_, err := db.Forget(t.Context())
	return err
}
