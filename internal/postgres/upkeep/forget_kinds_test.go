package upkeep_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/postgres/postgrestest"
)

// forgotten are the tables from which rows are forgotten, each with the statement that inserts $1 rows whose time is $2 days past.
var forgotten = []struct{ table, insert string }{
	{"feed", `insert into feed (tenant, kind, at) select 'default', 'message', now() - $2 * interval '1 day' from generate_series(1, $1::int)`},
	{"distribution_triggers", `insert into distribution_triggers (tenant, due_at)
		select 'default', now() - $2 * interval '1 day' from generate_series(1, $1::int)`},
	{"commands", `insert into commands (tenant, id, actor_id, method, path, key, conversation_id, request, created_at)
		select 'default', gen_random_uuid(), gen_random_uuid(), 'POST', '/x', 'x', gen_random_uuid(), 'x', now() - $2 * interval '1 day'
		from generate_series(1, $1::int)`},
	{"sessions", `insert into sessions (tenant, id, user_id, hash, by_link, network, browser, idle, until)
		select 'default', gen_random_uuid(), users.id, sha256(n::text::bytea), false, 'x', 'x', '1 hour', now() + interval '1 hour' - $2 * interval '1 day'
		from users, generate_series(1, $1::int) n`},
	{"sign_in_links", `insert into sign_in_links (hash, tenant, user_id, here_only, until)
		select sha256(n::text::bytea), 'default', users.id, false, now() + interval '1 hour' - $2 * interval '1 day' from users, generate_series(1, $1::int) n`},
	{"sign_in_tries", `insert into sign_in_tries (tenant, kind, key, tries, since)
		select 'default', 'name', n::text, 1, now() - $2 * interval '1 day' from generate_series(1, $1::int) n`},
	{"receipts", `insert into receipts (tenant, account_id, message_key, delivery_id, outcome, received_at, created_at)
		select 'default', accounts.id, 'old ' || n, gen_random_uuid(), 'noted', now(), now() - $2 * interval '1 day' from accounts, generate_series(1, $1::int) n`},
	{"events", `insert into events (tenant, id, account_id, message_key, kind, body, received_at, created_at)
		select 'default', gen_random_uuid(), accounts.id, n::text, 'x', 'x', now(), now() - $2 * interval '1 day' from accounts, generate_series(1, $1::int) n`},
	{"quarantine", `insert into quarantine (tenant, delivery_id, account_id, reason, raw, received_at, done_at)
		select 'default', gen_random_uuid(), accounts.id, 'x', 'x', now(), now() - $2 * interval '1 day' from accounts, generate_series(1, $1::int)`},
	{"audit", `insert into audit (tenant, actor, action, subject, at)
		select 'default', 'x', 'x', 'x', now() - $2 * interval '1 day' from generate_series(1, $1::int)`},
	{"routing_traces", `insert into routing_traces (tenant, conversation_id, stage, body, at)
		select 'default', conversations.id, 'route', '{}', now() - $2 * interval '1 day' from conversations, generate_series(1, $1::int)`},
	{"conversations", `insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, closed_at)
		select 'default', gen_random_uuid(), account_id, id, '', 'closed', 'bot', now() - $2 * interval '1 day' from customers, generate_series(1, $1::int)`},
}

// withOneOfEach is a ledger with one account, one user and one customer who has written, and nothing in the feed.
func withOneOfEach(t *testing.T) *postgrestest.Fixture {
	t.Helper()
	f := postgrestest.NewFixture(t)
	f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "ann", postgrestest.Says("1", "hello")))
	f.NewUser(t, "Mei", access.RoleAdmin, "")
	f.Exec(t, `delete from feed`)
	return f
}

// No transaction that forgets is long, whatever it forgets.
func TestForget_everyKindInSmallBatches(t *testing.T) {
	t.Parallel()
	f := withOneOfEach(t)
	kept, most := map[string]int{}, map[string]func() int{}
	for _, kind := range forgotten {
		kept[kind.table] = f.Count(t, kind.table, "true")
		f.Exec(t, kind.insert, 1200, 4000)
		require.Equal(t, kept[kind.table]+1200, f.Count(t, kind.table, "true"), kind.table)
		most[kind.table] = f.Written(t, kind.table)
	}
	var gone map[string]int64
	for more := true; more; { // a call ends after some seconds
		var err error
		gone, err = f.Forget(t.Context())
		require.NoError(t, err)
		more = slices.ContainsFunc(slices.Collect(maps.Values(gone)), func(n int64) bool { return n > 0 })
	}
	for _, kind := range forgotten {
		require.Equal(t, kept[kind.table], f.Count(t, kind.table, "true"), kind.table)
		require.Positive(t, most[kind.table](), kind.table)
		require.LessOrEqual(t, most[kind.table](), 500, kind.table)
	}
	require.Len(t, gone, len(forgotten), "each kind has its rows above")
}

// R29
// A sweep reads little if there is nothing old, however much there is. Triggers are left out: the distribution takes them all each time.
func TestForget_readsFewWhereNothingIsOld(t *testing.T) {
	t.Parallel()
	f := withOneOfEach(t)
	forget := func(db *postgrestest.Ledger) error { return postgrestest.Forget(t, db) }
	f.Exec(t, `vacuum analyze`)
	little := f.Reads(t, forget)
	for _, kind := range forgotten {
		if kind.table != "distribution_triggers" {
			f.Exec(t, kind.insert, 30_000, 0)
		}
	}
	f.Exec(t, `insert into feed (tenant, kind) select 'default', 'message' from generate_series(1, 100000)`)
	f.Exec(t, `vacuum analyze`)
	much := f.Reads(t, forget)
	require.Less(t, much, 300)
	require.Less(t, much, little+100, "no table of 30,000 rows is read")
}
