package distribution_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/distribution"
	"wxdesk/internal/postgres/postgrestest"
)

// past gives every agent so many assignments that ended some days ago.
func past(f *postgrestest.Floor, t testing.TB, each int) {
	t.Helper()
	tx, err := f.Raw.Begin()
	require.NoError(t, err)
	_, err = tx.Exec(`set local session_replication_role = replica`) // no checks of foreign keys
	require.NoError(t, err)
	_, err = tx.Exec(`
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, profiles, offered_at, accepted_at, ended_at)
		select 'default', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $2::uuid, a.id, 'offer', 'ended', 25,
			array(select id from capacity_profiles), at, at, at
		from generate_series(1, $1::int) n cross join agents a cross join lateral (select now() - interval '3 days' - n * interval '1 minute' as at) moments`,
		each, postgrestest.DefaultQueue)
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
}

// blocks is how many blocks of tables and indexes something reads, by the counters of its own session.
func blocks(f *postgrestest.Floor, t testing.TB, read func(tx *postgres.Tx) error) (n int) {
	t.Helper()
	const fetched = `
		select sum(pg_stat_get_xact_blocks_fetched(c.oid)) from pg_class c
		where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'i')`
	require.NoError(t, f.InTx(t.Context(), "try", func(tx *postgres.Tx) error {
		var before int
		if err := tx.Get(&before, fetched); err != nil {
			return err
		}
		if err := read(tx); err != nil {
			return err
		}
		err := tx.Get(&n, fetched)
		n -= before
		return err
	}))
	return n
}

// R29
func TestCapacity_readsNoHistory(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 100, 4)
	f.Arrive(t, 200)
	f.Exec(t, `update workstreams set auto_accept = true`)
	require.Equal(t, 200, f.MustDistribute(t, f.Ledger))
	f.Profiled(t)
	f.Exec(t, `update agents set presence = 'busy', presence_manual = true`) // an accept or a close ends that
	var agents []conversation.AgentID
	require.NoError(t, f.Raw.Select(&agents, `select id from agents order by id limit 50`))
	past(f, t, 200) // large indexes, so that their height does not count
	f.Exec(t, `vacuum analyze`)

	reads := distribution.CapacityReads(postgrestest.Tenant, postgrestest.DefaultQueue, agents)
	measure := func() map[string]int {
		n := map[string]int{}
		for who, read := range reads {
			n[who] = blocks(f, t, func(tx *postgres.Tx) error { return read(t.Context(), tx) })
		}
		return n
	}
	before := measure()
	past(f, t, 800)
	f.Exec(t, `vacuum analyze`)
	after := measure()
	for _, who := range slices.Sorted(maps.Keys(reads)) {
		t.Logf("%s: %d blocks, with a long history %d", who, before[who], after[who])
		require.LessOrEqual(t, float64(after[who]), 1.3*float64(before[who]), who)
	}
}

// CAP-4, CAP-5
// What an item does not take counts only if it blocks; what it takes is asked of everybody.
func TestCapacity_profilesThatCount(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name            string
		blocking, takes bool
		offered         int
	}{
		{"one that nobody asks for", false, false, 1},
		{"one that blocks", true, false, 0},
		{"one that the item takes", false, true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := postgrestest.NewFloor(t)
			f.Agents(t, 1, 100)
			const profile = "6e0d4a4e-4bd5-4c1c-9d6a-0d2d8f7d5a01"
			f.Exec(t, `insert into capacity_profiles (tenant, id, name, item_limit, reset, blocking) values ('default', $1, 'One', 1, 'immediate', $2)`,
				profile, test.blocking)
			f.Exec(t, `insert into agent_profiles (tenant, agent_id, profile_id) select 'default', id, $1 from agents`, profile)
			f.Arrive(t, 1)
			f.Exec(t, `update work_items set profiles = array[$1::uuid]`, profile)
			require.Equal(t, 1, f.MustDistribute(t, f.Ledger), "it has room for one")

			f.Arrive(t, 1)
			if test.takes {
				f.Exec(t, `update work_items set profiles = array[$1::uuid]`, profile)
			}
			require.Equal(t, test.offered, f.MustDistribute(t, f.Ledger))
		})
	}
}

// CAP-8
func TestCapacity_putAsideTakesNoPlace(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Agents(t, 1, 100)
	f.Exec(t, `update workstreams set auto_accept = true`)
	f.Arrive(t, 12)
	require.Equal(t, 10, f.MustDistribute(t, f.Ledger), "as many as an agent has at most")

	f.Exec(t, `update conversations set state = 'waiting' where holder = 'agent'`)
	f.Exec(t, `update assignments set holds_until = clock_timestamp()`)
	f.Exec(t, `update agents set presence = 'available'`)
	require.Equal(t, 2, f.MustDistribute(t, f.Ledger), "what is put aside takes nothing")
	var agent conversation.AgentID
	require.NoError(t, f.Raw.Get(&agent, `select id from agents`))
	now, err := f.AgentNow(t.Context(), postgrestest.Tenant, agent)
	require.NoError(t, err)
	require.Equal(t, 2, now.Sessions)
}

// CAP-9
func TestCapacity_tenantSetsMaximum(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Exec(t, `update tenants set max_conversations = 3`)
	f.Agents(t, 2, 100)
	f.Arrive(t, 8)
	require.Equal(t, 6, f.MustDistribute(t, f.Ledger))
	require.Equal(t, 2, f.Count(t, "agents", "presence = 'dnd'"), "PRE-4: as many as they may have")

	f.Exec(t, `insert into distribution_triggers (tenant) values ('default')`)
	require.Zero(t, f.MustDistribute(t, f.Ledger))
	require.Equal(t, 2, f.Count(t, "routing_traces", `stage = 'distribution' and body -> 'reasons' = '{"conversation-limit": 2}'`),
		"the trace says that it is this limit, not the presence that follows from it")
}
