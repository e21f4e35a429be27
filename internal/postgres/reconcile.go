package postgres

import (
	"context"

	"wxdesk/internal/conversation"
)

// Whereabouts lists the open conversations of a tenant, and ended ones whose runs have not been told.
func (db *DB) Whereabouts(ctx context.Context, tenant conversation.Tenant) (rows []conversation.Whereabouts, err error) {
	const query = `
		select c.workflow_id, c.id, state, holder, coalesce(queue_id::text, '') as queue_id, coalesce(agent_id::text, '') as agent_id,
			o.conversation_id is not null as untold
		from conversations c left join outbox o on o.tenant = c.tenant and o.conversation_id = c.id
		where c.tenant = $1 and c.id in (
			select id from conversations where tenant = $1 and state <> 'closed'
			union select conversation_id from outbox where tenant = $1)`
	err = db.sql.SelectContext(ctx, &rows, query, tenant)
	return rows, explain(ctx, "list open conversations", err)
}

// disagreements are the questions to which every row is a difference: what transactions keep true, so that each answer is a
// bug, or somebody's hand in the tables; and what runs have left undone, other than those that are still to be told.
var disagreements = []string{
	`select conversation_id as about, 'an ended conversation still asks for people' as what
	from work_items join conversations c on c.tenant = work_items.tenant and c.id = conversation_id
	where c.tenant = $1 and c.state = 'closed' and work_items.state <> 'done'`,

	`select conversation_id as about, 'somebody is assigned to an ended conversation' as what
	from assignments a join conversations c on c.tenant = a.tenant and c.id = conversation_id
	where c.tenant = $1 and c.state = 'closed' and a.state in ('offered', 'accepted')`,

	`select c.id as about, 'another agent has it than is assigned' as what
	from conversations c join assignments a on a.tenant = c.tenant and a.conversation_id = c.id and a.state = 'accepted'
	where c.tenant = $1 and c.state <> 'closed' and c.agent_id is distinct from a.agent_id`,

	`select c.id as about, 'an agent has it, and no assignment says so' as what
	from conversations c
	where c.tenant = $1 and c.state = 'active' and c.holder = 'agent' and c.ending is null and not exists (
		select from assignments a where a.tenant = c.tenant and a.conversation_id = c.id and a.state = 'accepted')`,

	`select c.id as about, 'it waits in a queue, and nobody is looked for' as what
	from conversations c
	where c.tenant = $1 and c.state = 'open' and c.queue_id is not null and c.ending is null and not exists (
		select from work_items i where i.tenant = c.tenant and i.conversation_id = c.id and i.state <> 'done')`,

	`select distinct d.conversation_id as about, 'it has ended, and a message of it waits to be sent' as what
	from deliveries d join conversations c on c.tenant = d.tenant and c.id = d.conversation_id
	where c.tenant = $1 and c.state = 'closed' and d.status = 'queued'`,

	`select distinct conversation_id as about, 'a message has been sending for more than two minutes' as what
	from deliveries where tenant = $1 and status = 'sending' and coalesce(until, updated_at) < now() - interval '2 minutes'`,

	`select conversation_id as about, 'its run has owed something for more than a minute: ' || string_agg(what, ', ' order by what) as what
	from owed where tenant = $1 and not_before < now() - interval '1 minute' and not exists (
		select from outbox n where n.tenant = owed.tenant and n.conversation_id = owed.conversation_id)
	group by conversation_id`,

	`select distinct r.conversation_id as about, 'a message that was taken is not in the transcript' as what
	from receipts r left join messages m on m.tenant = r.tenant and m.id = r.message_id
	where r.tenant = $1 and r.outcome = 'new' and m.id is null`,

	`select distinct m.conversation_id as about, 'a customer''s message has no receipt' as what
	from messages m left join receipts r on r.tenant = m.tenant and r.message_id = m.id
	where m.tenant = $1 and m.author = 'customer' and r.message_id is null`,
}

// Disagreements finds where the ledger's tables do not agree about a conversation.
func (db *DB) Disagreements(ctx context.Context, tenant conversation.Tenant) (all []conversation.Difference, err error) {
	for _, question := range disagreements {
		var found []conversation.Difference
		if err := db.sql.SelectContext(ctx, &found, question, tenant); err != nil {
			return nil, explain(ctx, "look for disagreements", err)
		}
		all = append(all, found...)
	}
	return all, nil
}
