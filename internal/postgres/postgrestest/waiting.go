package postgrestest

import (
	"testing"
)

// WaitMany has so many more conversations wait in the first queue.
func (f *Fixture) WaitMany(t *testing.T, n int) {
	t.Helper()
	f.Exec(t, `
		with people as (
			insert into customers (tenant, id, account_id, customer_key, data_key, openid)
			select 'default', gen_random_uuid(), $1, gen_random_uuid()::text, 'x', 'x' from generate_series(1, $2::int) n returning id),
		begun as (
			insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, queue_id, waiting_since, workstream_id)
			select 'default', gen_random_uuid(), $1, id, id::text, 'open', 'queue', $3, now(), $4 from people returning id)
		insert into work_items (tenant, id, conversation_id, queue_id, state, mode, since, units, skill_match, presences, demand)
		select 'default', gen_random_uuid(), id, $3, 'waiting', 'push', now(), 25, 'none', '{available}', '' from begun`,
		f.TheAccount.ID, n, FirstQueue, DefaultWorkstream)
	f.Exec(t, `analyze`)
}
