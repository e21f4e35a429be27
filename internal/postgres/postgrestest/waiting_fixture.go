package postgrestest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Floor is a contact centre in SQL: agents of the default queue, and conversations that wait in it.
type Floor struct {
	*Fixture
	waiting int
}

// NewFloor makes a Floor with a database of its own.
func NewFloor(t testing.TB) *Floor {
	t.Helper()
	f := NewFixture(t)
	return &Floor{Fixture: f}
}

// Agents adds so many available members of the default queue, each with units for so many conversations of 25.
func (f *Floor) Agents(t testing.TB, n, each int) {
	t.Helper()
	f.Exec(t, `
		with made as (
			insert into agents (tenant, id, name, units, presence)
			select 'default', gen_random_uuid(), 'agent', $2::int * 25, 'available' from generate_series(1, $1::int) returning id)
		insert into queue_members (tenant, queue_id, agent_id) select 'default', $3::uuid, id from made`, n, each, DefaultQueue)
}

// Arrive has so many conversations wait, in the order of their coming, each with a customer of its own.
func (f *Floor) Arrive(t testing.TB, n int) {
	t.Helper()
	f.Exec(t, `
		with come as (
			select nth, gen_random_uuid() as customer, gen_random_uuid() as conversation from generate_series($2::int + 1, $2::int + $1::int) nth
		), customers as (
			insert into customers (tenant, id, account_id, customer_key, data_key, openid)
			select 'default', customer, $3::uuid, 'c' || nth, '', '' from come
		), begun as (
			insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, queue_id, waiting_since, workstream_id)
			select 'default', conversation, $3::uuid, customer, 'conversation/' || nth, 'open', 'queue', $4::uuid, now(), $5::uuid from come
		), triggered as (
			insert into distribution_triggers (tenant) values ('default')
		)
		insert into work_items (tenant, id, conversation_id, queue_id, state, mode, since, units, skill_match, presences, demand)
		select 'default', gen_random_uuid(), conversation, $4::uuid, 'waiting', 'push', timestamptz '2026-01-01' + nth * interval '1 second', 25,
			'exact', '{available,busy}', 'd'
		from come`, n, f.waiting, f.TheAccount.ID, DefaultQueue, DefaultWorkstream)
	f.waiting += n
}

// MustDistribute distributes until there is nothing more to give, and returns what was given.
func (f *Floor) MustDistribute(t testing.TB, db *Ledger) (given int) {
	t.Helper()
	for {
		done, err := db.Distribute(t.Context(), Tenant)
		require.NoError(t, err)
		given += done.Assigned
		if !done.Again {
			return given
		}
	}
}
