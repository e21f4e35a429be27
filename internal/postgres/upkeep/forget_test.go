package upkeep_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// While old events are deleted, newer ones can be read: no transaction that deletes them lasts.
func TestForget_feedInSmallTransactions(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "ann", postgrestest.Says("1", "hello")))
	f.Exec(t, `delete from feed`)
	const old = 20_000
	f.Exec(t, `insert into feed (tenant, kind, at) select 'default', 'message', now() - interval '2 days' from generate_series(1, $1::int)`, old)
	f.Exec(t, `insert into feed (tenant, kind) select 'default', 'message' from generate_series(1, 700)`)
	f.Exec(t, `
		insert into routing_traces (tenant, conversation_id, stage, body, at)
		select 'default', id, 'route', '{}', now() - interval '40 days' from conversations, generate_series(1, 3000)`)
	require.Equal(t, 3000, f.Count(t, "routing_traces", "true"))
	most, mostTraces := f.Written(t, "feed"), f.Written(t, "routing_traces")
	mustForget(f, t)
	require.Equal(t, 700, f.Count(t, "feed", "true"))
	require.Zero(t, f.Count(t, "routing_traces", "true"))
	require.LessOrEqual(t, most(), 500)
	require.LessOrEqual(t, mostTraces(), 500)
}

// old has rows of a table be of so many days ago.
func old(f *postgrestest.Fixture, t *testing.T, table, at string, days int, where string) {
	t.Helper()
	f.Exec(t, `update `+table+` set `+at+` = now() - $1 * interval '1 day' where `+where, days)
}

// Each kind is kept as long as its setting says.
func TestForget_eachKindByItsSetting(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "ann", postgrestest.Says("1", "hello")))
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
			f.Exec(t, statement, f.TheAccount.ID)
		}
	}
	left := func() map[string]int {
		return map[string]int{
			"receipts": f.Count(t, "receipts", "outcome = 'noted'"), "events": f.Count(t, "events", "true"), "audit": f.Count(t, "audit", "actor = 'x'"),
			"quarantine": f.Count(t, "quarantine", "reason = 'x'"), "traces": f.Count(t, "routing_traces", "true"),
		}
	}
	fill()
	gone, err := f.Forget(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"receipts": 89, "events": 89, "quarantine": 89, "traces": 29, "audit": 1094}, left(), "where nobody says anything else")
	require.EqualValues(t, 1200-89, gone["receipts"])
	require.Equal(t, 1, f.Count(t, "quarantine", "reason = 'waits'"), "somebody has to look at it")

	s, err := f.Settings(t.Context(), postgrestest.Tenant)
	require.NoError(t, err)
	s.KeepReceipts, s.KeepEvents, s.KeepQuarantine, s.KeepTraces, s.KeepAudit = 10, 11, 12, 13, 200
	require.NoError(t, f.UpdateSettings(t.Context(), postgrestest.CLI, s))
	mustForget(f, t)
	require.Equal(t, map[string]int{"receipts": 9, "events": 10, "quarantine": 11, "traces": 12, "audit": 199}, left())
}

// A conversation goes with everything that was said and done in it, some time after its end; its receipts stay.
func TestForget_conversationsWithAllOfTheirs(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	many, recent, open := d.Had("wang", li), d.Had("zhao", li), d.Had("wu", li)
	for _, ref := range []conversation.Ref{many, recent, open} {
		d.Command(ref, li, command.Reply, "hello")
		d.Command(ref, li, command.Note, "a note")
		require.NoError(t, d.MarkRead(t.Context(), li.Viewer(), ref.Conversation, 1))
	}
	d.Exec(t, `
		insert into messages (tenant, id, conversation_id, seq, author, kind, body)
		select 'default', gen_random_uuid(), $1, 1000 + n, 'agent', 'text', 'x' from generate_series(1, 1700) n`, many.Conversation)
	d.Exec(t, `
		insert into deliveries (tenant, message_id, conversation_id, seq, status)
		select tenant, id, conversation_id, seq, 'sent' from messages where seq > 1000`)
	d.Exec(t, `insert into turns (tenant, conversation_id, turn_id, epoch, command, reason) select tenant, id, gen_random_uuid(), 1, '', 'x' from conversations`)
	d.Exec(t, `insert into routing_traces (tenant, conversation_id, stage, body) select tenant, id, 'route', '{}' from conversations`)
	for _, ref := range []conversation.Ref{many, recent} {
		postgrestest.Ended(t)(d.CloseConversation(t.Context(), ref, conversation.ClosedByAgent))
	}
	d.Exec(t, `update conversations set closed_at = now() - interval '731 days' where id = $1`, many.Conversation)
	d.Exec(t, `update conversations set closed_at = now() - interval '729 days' where id = $1`, recent.Conversation)
	d.Exec(t, `update conversations set opened_at = now() - interval '2000 days'`)
	d.Exec(t, `
		insert into outbox (tenant, conversation_id, workflow_id, act, assignment) select tenant, id, '', 'x', false from conversations on conflict do nothing`)
	var tables []string
	require.NoError(t, d.Raw.Select(&tables, `
		select table_name from information_schema.columns join pg_tables on tablename = table_name
		where column_name = 'conversation_id' and schemaname = 'public' and table_name not in ('feed', 'quarantine', 'commands', 'receipts')`))
	require.Len(t, tables, 10)
	before := map[string]int{}
	for _, table := range tables {
		before[table] = d.Count(t, table, "conversation_id <> $1", many.Conversation)
		require.Positive(t, d.Count(t, table, "conversation_id = $1", many.Conversation), table)
	}
	most := d.Written(t, "messages")

	gone, err := d.Forget(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, gone["conversations"])
	require.Zero(t, d.Count(t, "conversations", "id = $1", many.Conversation))
	for _, table := range tables {
		require.Zero(t, d.Count(t, table, "conversation_id = $1", many.Conversation), table)
		require.Equal(t, before[table], d.Count(t, table, "true"), table)
	}
	require.Positive(t, d.Count(t, "receipts", "conversation_id = $1", many.Conversation))
	require.LessOrEqual(t, most(), 500)
	require.Empty(t, differences(d.Fixture, t))
}

// A callback that comes again is known for as long as WeChat or the spool may bring it.
func TestForget_keepsReceiptsWhileRepeatsMayCome(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	b := f.Batch(postgrestest.NewConversation(), "ann", postgrestest.Says("1", "hello"))
	f.MustReceive(t, b)
	s, err := f.Settings(t.Context(), postgrestest.Tenant)
	require.NoError(t, err)
	s.KeepReceipts = 6
	require.Error(t, f.UpdateSettings(t.Context(), postgrestest.CLI, s), "WeChat's repeats come within seconds, redriven ones within days")
	s.KeepReceipts = 7
	require.NoError(t, f.UpdateSettings(t.Context(), postgrestest.CLI, s))
	again := func() callback.ReceiptOutcome {
		t.Helper()
		mustForget(f, t)
		for i := range b.Arrivals {
			b.Arrivals[i].DeliveryID = uuid.NewString()
		}
		return postgrestest.Outcomes(f.MustReceive(t, b))[0]
	}
	old(f, t, "receipts", "created_at", 6, "true")
	require.Equal(t, callback.ReceiptRepeat, again())

	f.Spools(t, "ann", "1") // the same callback, by another API process
	old(f, t, "spool", "created_at", 30, "true")
	old(f, t, "receipts", "created_at", 31, "true")
	f.Exec(t, `update receipts set created_at = created_at + interval '1 hour'`)
	require.Equal(t, callback.ReceiptRepeat, again(), "Temporal has been away for a month")
	f.Exec(t, `delete from spool`)
	mustForget(f, t)
	require.Zero(t, f.Count(t, "receipts", "true"))
}

func mustForget(f *postgrestest.Fixture, t *testing.T) {
	t.Helper()
	require.NoError(t, postgrestest.Forget(t, f.Ledger))
}
