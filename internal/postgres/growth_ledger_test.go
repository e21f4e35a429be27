package postgres_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres/postgrestest"
)

// A ledger with a past, by SQL: it takes a conversation a fiftieth of a millisecond instead of fifty. Ids are in the order of time, as
// the ledger's own are, and sort before those.

// pastID is the id of the nth row of a kind.
const pastID = `create function past_id(kind text, n bigint) returns uuid language sql immutable as
	$$ select ('00' || lpad(to_hex(n), 6, '0') || '-' || kind || '-7000-8000-000000000000')::uuid $$`

// pastTables are filled side by side. Each agent had as many conversations as the others.
var pastTables = [][]string{
	{
		`insert into customers (tenant, id, account_id, customer_key, data_key, openid, created_at)
		select 'default', past_id('0001', n), :account, md5('past ' || n), decode(repeat('ab', 60), 'hex'), decode(repeat('ab', 60), 'hex'), at
		from past_times(:many)`,
		`insert into receipts (tenant, account_id, message_key, conversation_id, delivery_id, fingerprint, message_id, outcome, received_at, created_at)
		select 'default', :account, 'k' || md5('past ' || n), past_id('0002', n), past_id('0006', n), md5(n::text), past_id('0003', 2 * n), 'new', at, at
		from past_times(:many)`,
		`insert into turns (tenant, conversation_id, turn_id, epoch, command, reason, answered_at)
		select 'default', past_id('0002', n), past_id('0003', 2 * n), 1, '', decode(repeat('ab', 40), 'hex'), at from past_times(:many)`,
		`insert into deliveries (tenant, message_id, conversation_id, seq, epoch, status, attempt_id, attempts, created_at, updated_at)
		select 'default', past_id('0003', 2 * n + 1), past_id('0002', n), 2, 1, 'sent', past_id('0007', n), 1, at, at from past_times(:many)`,
		`insert into routing_traces (tenant, conversation_id, stage, work_item_id, body, at)
		select 'default', past_id('0002', n), 'distribution', past_id('0004', n), '{"method": "highest_capacity"}', at from past_times(:many)`,
	},
	{
		`insert into messages (tenant, id, conversation_id, seq, author, kind, body, turn_id, turn_part, created_at)
		select 'default', past_id('0003', 2 * n + part), past_id('0002', n), 1 + part, case part when 0 then 'customer' else 'bot' end, 'text',
			decode(repeat('ab', 60), 'hex'), case part when 1 then past_id('0003', 2 * n) end, case part when 1 then 0 end, at
		from past_times(:many), generate_series(0, 1) part`,
		`insert into feed (tenant, xid, kind, conversation_id, queue_id, agent_id, at)
		select 'default', '3'::xid8, 'conversation', past_id('0002', n), :queue, null, at from past_times(:many), generate_series(1, 3)`,
	},
	{
		`insert into conversations (tenant, id, account_id, customer_id, workflow_id, workstream_id, state, holder, queue_id, agent_id, last_agent,
			escalated, last_seq, opened_at, last_customer_at, since, close_reason, closed_at)
		select 'default', past_id('0002', n), :account, past_id('0001', n), 'conversation/' || md5('past ' || n), :workstream, 'closed', 'agent',
			:queue, a.id, a.id, true, 2, at, at, at, 'agent', at
		from past_times(:many) join past_agents a using (nth)`,
		`insert into work_items (tenant, id, conversation_id, queue_id, state, mode, queued_at, since, units, skill_match, presences, demand)
		select 'default', past_id('0004', n), past_id('0002', n), :queue, 'done', 'push', at, at, 25, 'exact', '{available,busy}', 'd'
		from past_times(:many)`,
		`insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, profiles, opened_at, offered_at,
			accepted_at, ended_at, holds_until)
		select 'default', past_id('0005', n), past_id('0004', n), past_id('0002', n), :queue, a.id, 'offer', 'ended', 25,
			array(select id from capacity_profiles), at, at, at, at, at
		from past_times(:many) join past_agents a using (nth)`,
	},
}

// ago makes so many closed conversations, one of each customer, with what was said and done in them.
func ago(f *postgrestest.Floor, b testing.TB, conversations int) {
	b.Helper()
	f.Exec(b, pastID)
	f.Exec(b, `create table past_agents as select id, row_number() over (order by id) - 1 as nth from agents`)
	f.Exec(b, `create function past_times(many int) returns table (n int, nth bigint, at timestamptz) language sql stable as
		$$ select n, n % (select count(*) from past_agents), now() - interval '30 days' + n * (interval '20 days' / many) from generate_series(1, many) n $$`)
	var indexes []struct{ Name, Definition string }
	require.NoError(b, f.Raw.Select(&indexes, `
		select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition from pg_index i
		join pg_class c on c.oid = i.indrelid
		where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
			and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`))
	for _, i := range indexes {
		f.Exec(b, `drop index `+i.Name)
	}
	values := strings.NewReplacer(":many", strconv.Itoa(conversations), ":account", "'"+string(f.TheAccount.ID)+"'::uuid",
		":queue", "'"+postgrestest.DefaultQueue+"'::uuid", ":workstream", "'"+postgrestest.DefaultWorkstream+"'::uuid")
	worksBeside(f, b, pastTables, values.Replace)
	again := make([][]string, 2)
	for n, i := range indexes {
		again[n%2] = append(again[n%2], i.Definition)
	}
	worksBeside(f, b, again, strings.Clone)
	f.Exec(b, `drop table past_agents`)
	f.Exec(b, `vacuum (analyze, index_cleanup on)`)
}

// worksBeside runs lists of statements side by side, without checks of foreign keys.
func worksBeside(f *postgrestest.Floor, b testing.TB, lists [][]string, finished func(text string) string) {
	b.Helper()
	failed := make([]error, len(lists))
	var all sync.WaitGroup
	for n, list := range lists {
		all.Go(func() {
			failed[n] = func() error {
				tx, err := f.Raw.Begin()
				if err != nil {
					return err
				}
				defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
				if _, err := tx.Exec(`set local session_replication_role = replica; set local maintenance_work_mem = '256MB'`); err != nil {
					return err
				}
				for _, text := range list {
					if _, err := tx.Exec(finished(text)); err != nil {
						return err
					}
				}
				return tx.Commit()
			}()
		})
	}
	all.Wait()
	for _, err := range failed {
		require.NoError(b, err)
	}
}
