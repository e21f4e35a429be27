package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// While old events are deleted, newer ones can be read: no transaction that deletes them lasts.
func TestForget_feedInSmallTransactions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const old = 20_000
	f.exec(t, `insert into feed (tenant, kind, at) select 'default', 'message', now() - interval '2 days' from generate_series(1, $1::int)`, old)
	f.exec(t, `insert into feed (tenant, kind) select 'default', 'message' from generate_series(1, 700)`)
	f.exec(t, `
		insert into routing_traces (tenant, conversation_id, stage, body, at)
		select 'default', id, 'route', '{}', now() - interval '40 days' from conversations, generate_series(1, 3000)`)
	most := f.written(t, "feed")
	f.forget(t)
	require.Equal(t, 700, f.count(t, "feed", "true"))
	require.LessOrEqual(t, most(), 500)
}

// A sweep reads little where there is nothing old.
func TestForget_readsFewWhereNothingIsOld(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.receive(t, f.batch(newConversation(), "ann", says("1", "hello")))
	f.exec(t, `insert into feed (tenant, kind) select 'default', 'message' from generate_series(1, 100000)`)
	f.exec(t, `
		insert into routing_traces (tenant, conversation_id, stage, body)
		select 'default', id, 'route', '{}' from conversations, generate_series(1, 30000)`)
	f.exec(t, `vacuum analyze`)
	require.Less(t, f.reads(t, func(db *postgres.DB) error { return forget(t, db) }), 300)
}

// old has rows of a table be of so many days ago.
func (f *fixture) old(t *testing.T, table, at string, days int, where string) {
	t.Helper()
	f.exec(t, `update `+table+` set `+at+` = now() - $1 * interval '1 day' where `+where, days)
}

// Each kind is kept as long as its setting says.
func TestForget_eachKindByItsSetting(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.receive(t, f.batch(newConversation(), "ann", says("1", "hello")))
	fill := func() {
		t.Helper()
		for _, statement := range []string{
			`insert into receipts (tenant, account_id, message_key, delivery_id, outcome, received_at, created_at)
				select 'default', $1, gen_random_uuid()::text, gen_random_uuid(), 'noted', now(), now() - n * interval '1 day' - interval '1 minute' from generate_series(1, 1200) n`,
			`insert into events (tenant, id, account_id, message_key, kind, body, received_at, created_at)
				select 'default', gen_random_uuid(), $1, gen_random_uuid()::text, 'x', 'x', now(), now() - n * interval '1 day' - interval '1 minute' from generate_series(1, 1200) n`,
			`insert into quarantine (tenant, delivery_id, account_id, reason, raw, received_at, done_at)
				select 'default', gen_random_uuid(), $1, 'x', 'x', now(), now() - n * interval '1 day' - interval '1 minute' from generate_series(1, 1200) n`,
			`insert into quarantine (tenant, delivery_id, account_id, reason, raw, received_at)
				select 'default', gen_random_uuid(), $1, 'waits', 'x', now() - interval '3000 days'`,
			`insert into audit (tenant, actor, action, subject, at)
				select 'default', 'x', 'x', $1::text, now() - n * interval '1 day' - interval '1 minute' from generate_series(1, 1200) n`,
			`insert into routing_traces (tenant, conversation_id, stage, body, at)
				select 'default', id, 'route', to_jsonb($1::text), now() - n * interval '1 day' - interval '1 minute' from conversations, generate_series(1, 1200) n`,
		} {
			f.exec(t, statement, f.account.ID)
		}
	}
	left := func() map[string]int {
		return map[string]int{
			"receipts": f.count(t, "receipts", "outcome = 'noted'"), "events": f.count(t, "events", "true"), "audit": f.count(t, "audit", "actor = 'x'"),
			"quarantine": f.count(t, "quarantine", "reason = 'x'"), "traces": f.count(t, "routing_traces", "true"),
		}
	}
	fill()
	gone, err := f.Forget(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"receipts": 89, "events": 89, "quarantine": 89, "traces": 29, "audit": 1094}, left(), "where nobody says anything else")
	require.EqualValues(t, 1200-89, gone["receipts"])
	require.Equal(t, 1, f.count(t, "quarantine", "reason = 'waits'"), "somebody has to look at it")

	s, err := f.Settings(t.Context(), tenant)
	require.NoError(t, err)
	s.KeepReceipts, s.KeepEvents, s.KeepQuarantine, s.KeepTraces, s.KeepAudit = 10, 11, 12, 13, 200
	require.NoError(t, f.UpdateSettings(t.Context(), cli, s))
	f.forget(t)
	require.Equal(t, map[string]int{"receipts": 9, "events": 10, "quarantine": 11, "traces": 12, "audit": 199}, left())
}

// A conversation goes with everything that was said and done in it, some time after its end; its receipts stay.
func TestForget_conversationsWithAllOfTheirs(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	many, recent, open := d.had("wang", li), d.had("zhao", li), d.had("wu", li)
	for _, ref := range []conversation.Ref{many, recent, open} {
		d.command(ref, li, command.Reply, "hello")
		d.command(ref, li, command.Note, "a note")
	}
	d.exec(t, `
		insert into messages (tenant, id, conversation_id, seq, author, kind, body)
		select 'default', gen_random_uuid(), $1, 1000 + n, 'agent', 'text', 'x' from generate_series(1, 1700) n`, many.Conversation)
	d.exec(t, `
		insert into deliveries (tenant, message_id, conversation_id, seq, status)
		select tenant, id, conversation_id, seq, 'sent' from messages where seq > 1000`)
	d.exec(t, `insert into turns (tenant, conversation_id, turn_id, epoch, command, reason) select tenant, id, gen_random_uuid(), 1, '', 'x' from conversations`)
	d.exec(t, `insert into routing_traces (tenant, conversation_id, stage, body) select tenant, id, 'route', '{}' from conversations`)
	for _, ref := range []conversation.Ref{many, recent} {
		ended(t)(d.CloseConversation(t.Context(), ref, conversation.ClosedByAgent))
	}
	d.exec(t, `update conversations set closed_at = now() - interval '731 days' where id = $1`, many.Conversation)
	d.exec(t, `update conversations set closed_at = now() - interval '729 days' where id = $1`, recent.Conversation)
	d.exec(t, `update conversations set opened_at = now() - interval '2000 days'`)
	d.exec(t, `
		insert into outbox (tenant, conversation_id, workflow_id, act, assignment) select tenant, id, '', 'x', false from conversations on conflict do nothing`)
	var tables []string
	require.NoError(t, d.raw.Select(&tables, `
		select table_name from information_schema.columns join pg_tables on tablename = table_name
		where column_name = 'conversation_id' and schemaname = 'public' and table_name not in ('feed', 'quarantine', 'commands', 'receipts')`))
	require.Len(t, tables, 8)
	before := map[string]int{}
	for _, table := range tables {
		before[table] = d.count(t, table, "conversation_id <> $1", many.Conversation)
		require.Positive(t, d.count(t, table, "conversation_id = $1", many.Conversation), table)
	}
	most := d.written(t, "messages")

	gone, err := d.Forget(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, gone["conversations"])
	require.Zero(t, d.count(t, "conversations", "id = $1", many.Conversation))
	for _, table := range tables {
		require.Zero(t, d.count(t, table, "conversation_id = $1", many.Conversation), table)
		require.Equal(t, before[table], d.count(t, table, "true"), table)
	}
	require.Positive(t, d.count(t, "receipts", "conversation_id = $1", many.Conversation))
	require.LessOrEqual(t, most(), 500)
	require.Empty(t, d.differences(t))
}

// A callback that comes again is known for as long as WeChat or the spool may bring it.
func TestForget_receiptsStayWhileCallbacksMayRepeat(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	b := f.batch(newConversation(), "ann", says("1", "hello"))
	f.receive(t, b)
	s, err := f.Settings(t.Context(), tenant)
	require.NoError(t, err)
	s.KeepReceipts = 6
	require.Error(t, f.UpdateSettings(t.Context(), cli, s), "WeChat's repeats come within seconds, redriven ones within days")
	s.KeepReceipts = 7
	require.NoError(t, f.UpdateSettings(t.Context(), cli, s))
	again := func() callback.ReceiptOutcome {
		t.Helper()
		f.forget(t)
		for i := range b.Arrivals {
			b.Arrivals[i].DeliveryID = uuid.NewString()
		}
		return outcomes(f.receive(t, b))[0]
	}
	f.old(t, "receipts", "created_at", 6, "true")
	require.Equal(t, callback.ReceiptRepeat, again())

	f.spools(t, "ann", "1") // the same callback, by another API process
	f.old(t, "spool", "created_at", 30, "true")
	f.old(t, "receipts", "created_at", 31, "true")
	f.exec(t, `update receipts set created_at = created_at + interval '1 hour'`)
	require.Equal(t, callback.ReceiptRepeat, again(), "Temporal has been away for a month")
	f.exec(t, `delete from spool`)
	f.forget(t)
	require.Zero(t, f.count(t, "receipts", "true"))
}

func (f *fixture) forget(t *testing.T) {
	t.Helper()
	require.NoError(t, forget(t, f.DB))
}

func forget(t *testing.T, db *postgres.DB) error {
	t.Helper()
	_, err := db.Forget(t.Context())
	return err
}
