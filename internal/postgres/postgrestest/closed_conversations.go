package postgrestest

import (
	"testing"
)

// Fill adds closed conversations with a message, a work item, an assignment and a receipt each.
func (f *Fixture) Fill(t *testing.T, n int) {
	t.Helper()
	agent := f.NewAgent(t, "Mei")
	f.Customers(t, 100)
	f.Exec(t, `
		with begun as (
			insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, opened_at, closed_at)
			select 'default', gen_random_uuid(), account_id, id, '', 'closed', 'agent', now() - n * interval '1 minute', now()
			from customers, generate_series(1, $1::int / 100) n returning *),
		said as (
			insert into messages (tenant, id, conversation_id, seq, author, kind, body)
			select tenant, gen_random_uuid(), id, 1, 'customer', 'text', 'x' from begun returning *),
		taken as (
			insert into receipts (tenant, account_id, message_key, conversation_id, delivery_id, message_id, outcome, received_at)
			select tenant, $2, id::text, conversation_id, gen_random_uuid(), id, 'new', now() from said),
		items as (
			insert into work_items (tenant, id, conversation_id, queue_id, state, mode, since, units, skill_match, presences, demand)
			select tenant, gen_random_uuid(), id, $3, 'done', 'push', now(), 25, 'none', '{available}', '' from begun returning *)
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, accepted_at, ended_at)
		select tenant, gen_random_uuid(), id, conversation_id, $3, $4, 'offer', 'ended', 25, now(), now() from items`,
		n, f.TheAccount.ID, FirstQueue, agent)
}
