package postgres_test

import (
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
)

// A statement is kept by its session. When a migration changes what it gives, Postgres refuses the old plan; nobody may notice.
func TestPrepared_aMigrationThatOvertakesAPlanIsNotNoticed(t *testing.T) {
	for name, read := range map[string]func(t *testing.T, f *fixture) (n int){
		"a read alone": func(t *testing.T, f *fixture) (n int) {
			require.NoError(t, f.SQL().GetContext(t.Context(), &n, `select n from grows where n = $1`, 1))
			return n
		},
		"in a transaction": func(t *testing.T, f *fixture) (n int) {
			require.NoError(t, f.InTx(t.Context(), func(tx *sqlx.Tx) error {
				return tx.GetContext(t.Context(), &n, `select n from grows where n = $1`, 1)
			}))
			return n
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newEmptyFixture(t)
			f.raw.MustExec(`create table grows (n int); insert into grows values (1)`)
			f.SQL().SetMaxOpenConns(1)
			require.Equal(t, 1, read(t, f))
			require.Equal(t, 1, read(t, f))
			f.raw.MustExec(`alter table grows alter column n type bigint`)
			require.Equal(t, 1, read(t, f))
		})
	}
}
