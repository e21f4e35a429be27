package postgres_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
)

// A statement is kept by its session. When a migration changes what it gives, Postgres refuses the old plan; nobody may notice.
func TestPrepared_survivesAMigration(t *testing.T) {
	for name, read := range map[string]func(t *testing.T, f *postgrestest.Fixture) (n int){
		"a read alone": func(t *testing.T, f *postgrestest.Fixture) (n int) {
			require.NoError(t, f.Ledger.DB.GetContext(t.Context(), &n, `select n from grows where n = $1`, 1))
			return n
		},
		"in a transaction": func(t *testing.T, f *postgrestest.Fixture) (n int) {
			require.NoError(t, f.InTx(t.Context(), "try", func(tx *postgres.Tx) error {
				return tx.GetContext(t.Context(), &n, `select n from grows where n = $1`, 1)
			}))
			return n
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := postgrestest.NewEmptyFixture(t)
			f.Raw.MustExec(`create table grows (n int); insert into grows values (1)`)
			f.Ledger.DB.SetMaxOpenConns(1)
			require.Equal(t, 1, read(t, f))
			require.Equal(t, 1, read(t, f))
			f.Raw.MustExec(`alter table grows alter column n type bigint`)
			require.Equal(t, 1, read(t, f))
		})
	}
}

// What runs for each message is planned for good after a few runs, not again with each: planning took longer than running.
func TestPrepared_messageStatementsPlannedOnce(t *testing.T) {
	f := postgrestest.NewFixture(t)
	f.Ledger.DB.SetMaxOpenConns(1)
	f.Answered(t)
	f.Exec(t, `insert into receipts (tenant, account_id, message_key, conversation_id, delivery_id, fingerprint, message_id, outcome, received_at)
		select tenant, account_id, n::text, conversation_id, delivery_id, fingerprint, message_id, outcome, received_at
		from receipts, generate_series(1, 3000) n`)
	f.Exec(t, `insert into messages (tenant, id, conversation_id, seq, author, kind, body)
		select tenant, gen_random_uuid(), conversation_id, 1000 + n, author, kind, body from messages, generate_series(1, 3000) n`)
	f.Exec(t, `analyze`)
	for n := range 9 {
		ref, _, ids := f.AnsweredBy(t, fmt.Sprint("customer ", n), "an answer")
		f.Sends(t, ref, ids[0])
	}
	var anew []string
	require.NoError(t, f.Ledger.DB.SelectContext(t.Context(), &anew, `select statement from pg_prepared_statements where custom_plans > 6`))
	require.Empty(t, anew)
}

// Lists of conversations have thousands of texts, one for each set of filters. Who asks for many takes no place from what runs for each
// message.
func TestPrepared_listsByFewFiltersAlone(t *testing.T) {
	f := postgrestest.NewFixture(t)
	f.Ledger.DB.SetMaxOpenConns(1)
	kept := func(filter conversation.Filter) (n int) {
		_, err := f.Conversations(t.Context(), postgrestest.Everything, filter, conversation.Position{}, 10)
		require.NoError(t, err)
		_, err = f.CountConversations(t.Context(), postgrestest.Everything, filter)
		require.NoError(t, err)
		require.NoError(t, f.Ledger.DB.GetContext(t.Context(), &n, `select count(*) from pg_prepared_statements`))
		return n
	}
	none := kept(conversation.Filter{})
	one := kept(conversation.Filter{Holder: conversation.HolderBot})
	require.Equal(t, none+2, one)
	require.Equal(t, one, kept(conversation.Filter{Holder: conversation.HolderBot, Unanswered: true}))
}
