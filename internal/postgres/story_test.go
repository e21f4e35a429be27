package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres/postgrestest"
)

// R24
func TestWrites_endTheSameDespiteLostAnswers(t *testing.T) {
	t.Parallel()
	straight := postgrestest.NewEmptyFixture(t)
	postgrestest.RunStory(t, straight.Ledger, func(s postgrestest.Step, call func() error) { require.NoError(t, call(), s.Name) })
	want := straight.Ending(t)
	require.Len(t, want["messages"], 7)

	t.Run("called twice", func(t *testing.T) {
		t.Parallel()
		f := postgrestest.NewEmptyFixture(t)
		postgrestest.RunStory(t, f.Ledger, func(s postgrestest.Step, call func() error) {
			require.NoError(t, call(), s.Name)
			if !s.Once {
				require.NoError(t, call(), s.Name)
			}
		})
		require.Equal(t, want, f.Ending(t))
	})
	for name, what := range map[string]string{"answer to COMMIT lost": aCommit, "answer to a statement lost": anExecute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := postgrestest.NewEmptyFixture(t)
			p := newProxy(t, f.DSN)
			db := postgrestest.Open(t, p.dsn, f.Ring)
			postgrestest.RunStory(t, db, func(s postgrestest.Step, call func() error) {
				lost := what
				if s.Alone {
					lost = anExecute
				}
				before := p.loseNext(lost)
				require.NoError(t, call(), s.Name)
				require.Equal(t, before+1, p.loseNext(""), s.Name)
			})
			require.Equal(t, want, f.Ending(t))
		})
	}
}

// S2, ACC-2, TRN-1
func TestTables_holdNoPlainContent(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	postgrestest.RunStory(t, f.Ledger, func(s postgrestest.Step, call func() error) { require.NoError(t, call(), s.Name) })

	var tables []string
	require.NoError(t, f.Raw.Select(&tables, `select tablename from pg_tables where schemaname = 'public'`))
	require.Greater(t, len(tables), 15)
	for _, table := range tables {
		var rows []string
		require.NoError(t, f.Raw.Select(&rows, `select t::text || coalesce(encode(convert_to(t::text, 'UTF8'), 'escape'), '') from `+table+` t`))
		for _, row := range rows {
			for _, plain := range []string{"canary", "63616e617279", "Y2FuYXJ5", postgrestest.AesKey, postgrestest.AppSecret} { // also in hex and base64
				require.NotContains(t, row, plain, table)
			}
		}
	}
}
