package postgrestest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Reads counts the blocks of tables and indexes that the ledger looks at in a call.
func (f *Fixture) Reads(t *testing.T, call func(db *Ledger) error) int {
	t.Helper()
	f.Exec(t, `do $$ declare tab regclass; begin
		for tab in select oid from pg_class where relkind = 'r' and relnamespace = current_schema::regnamespace loop
			execute format('alter table %s set (autovacuum_enabled = off)', tab); -- what it looks at would count
		end loop; end $$`)
	f.Raw.SetMaxIdleConns(0)
	f.Ledger.DB.SetMaxIdleConns(0)
	require.Eventually(t, func() (alone bool) { // what other sessions have looked at counts by their end at the latest
		require.NoError(t, f.Raw.Get(&alone, `
			select count(*) = 0 from pg_stat_activity
			where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`))
		return alone
	}, 10*time.Second, 10*time.Millisecond)
	db := OpenWith(t, 1, f.DSN, f.Ring) // one session, whose figures can be asked for
	defer db.Close()                    //nolint:errcheck // a test's
	looked := func() (n int) {
		_, err := db.DB.Exec(`select pg_stat_force_next_flush()`)
		require.NoError(t, err)
		require.NoError(t, f.Raw.Get(&n, `
			select sum(coalesce(heap_blks_hit, 0) + coalesce(heap_blks_read, 0) + coalesce(idx_blks_hit, 0) + coalesce(idx_blks_read, 0))::bigint
			from pg_statio_user_tables`))
		return n
	}
	before := looked()
	require.NoError(t, call(db))
	return looked() - before
}

// Written counts, from now on, how many rows of a table one transaction writes at most.
func (f *Fixture) Written(t *testing.T, table string) (most func() (n int)) {
	t.Helper()
	f.Exec(t, `create table if not exists written (name text, xid xid8 default pg_current_xact_id(), n int)`)
	for event, rows := range map[string]string{"insert": "new", "update": "new", "delete": "old"} {
		name := "written_" + table + "_" + event
		f.Exec(t, `create function `+name+`() returns trigger language plpgsql as
			'begin insert into written (name, n) select ''`+table+`'', count(*) from changed; return null; end'`)
		f.Exec(t, `create trigger `+name+` after `+event+` on `+table+` referencing `+rows+` table as changed
			for each statement execute function `+name+`()`)
	}
	return func() (n int) {
		t.Helper()
		require.NoError(t, f.Raw.Get(&n, `
			select coalesce(max(n), 0) from (select sum(n)::int as n from written where name = $1 group by xid) w`, table))
		return n
	}
}

// Customers adds so many customers of the fixture's account, who have never written.
func (f *Fixture) Customers(t *testing.T, n int) {
	t.Helper()
	f.Exec(t, `
		insert into customers (tenant, id, account_id, customer_key, data_key, openid)
		select 'default', gen_random_uuid(), $1, 'many ' || n, 'x', 'x' from generate_series(1, $2::int) n`, f.TheAccount.ID, n)
}
