package bench_test

import (
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
)

// bareLedger runs transactions with so many statements, each about a row of its own.
type bareLedger struct {
	b                      *testing.B
	db                     *sqlx.DB
	reads, writes          int
	insert, update, choose *sqlx.Stmt
}

func newBareLedger(b *testing.B, db *sqlx.DB, reads, writes int) *bareLedger {
	b.Helper()
	db.SetMaxIdleConns(32)
	_, err := db.ExecContext(b.Context(), `create table bare (id bigint primary key generated always as identity, client int not null, body text not null)`)
	require.NoError(b, err)
	_, err = db.ExecContext(b.Context(), `insert into bare (client, body) select n % 16, repeat('x', 200) from generate_series(1, 1600) n`)
	require.NoError(b, err)
	l := &bareLedger{b: b, db: db, reads: reads, writes: writes}
	for statement, text := range map[**sqlx.Stmt]string{
		&l.insert: `insert into bare (client, body) values ($1, repeat('x', 200))`,
		&l.update: `update bare set body = repeat('y', 200) where id = $1`,
		&l.choose: `select client from bare where id = $1`,
	} {
		*statement, err = db.PreparexContext(b.Context(), text) //nolint:sqlclosecheck // they end with the database
		require.NoError(b, err)
	}
	return l
}

// transaction reads and writes; every second write is an update.
func (l *bareLedger) transaction(client int) {
	row := client + 1
	if err := l.inTx(func(tx *sqlx.Tx) error {
		for n := range l.reads {
			var found int
			if err := tx.Stmtx(l.choose).QueryRow(row + 16*n).Scan(&found); err != nil {
				return err
			}
		}
		for n := range l.writes {
			statement, arg := l.insert, client
			if n%2 == 1 {
				statement, arg = l.update, row+16*n
			}
			if _, err := tx.Stmtx(statement).Exec(arg); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		l.b.Error(err)
	}
}

func (l *bareLedger) inTx(do func(*sqlx.Tx) error) error {
	tx, err := l.db.BeginTxx(l.b.Context(), nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}
