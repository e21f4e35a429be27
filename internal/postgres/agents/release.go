package agents

import (
	"context"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/capacity"
)

// releaseWork returns all conversations of an agent to their queues, whatever their state, because the agent may no longer work. It
// locks conversations and then the agent, so the caller must have locked neither.
func (db *DB) releaseWork(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, agent conversation.AgentID, why lifecycle.Departure) error {
	ids, err := lockWorkOf(ctx, tx, t, agent)
	if err != nil {
		return err
	}
	return db.returnWork(ctx, tx, t, agent, ids, why)
}

// lockWorkOf locks an agent's conversations with their customers, their work items, and then the agent.
func lockWorkOf(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, agent conversation.AgentID) (ids []conversation.ID, err error) {
	const query = `
		select c.id from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join assignments a on a.tenant = c.tenant and a.conversation_id = c.id
		where c.tenant = $1 and a.agent_id = $2 and a.state in ('offered', 'accepted')
		order by u.id, c.id for no key update of u, c`
	if err := tx.SelectContext(ctx, &ids, query, t, agent); err != nil {
		return nil, err
	}
	const lockItems = `
		select id from work_items where tenant = $1 and conversation_id = any($2::uuid[]) and state <> 'done'
		order by id for no key update`
	if len(ids) > 0 {
		if _, err := tx.ExecContext(ctx, lockItems, t, pq.Array(ids)); err != nil {
			return nil, err
		}
	}
	return ids, capacity.LockAgents(ctx, tx, t, []conversation.AgentID{agent})
}

// returnWork puts an agent's conversations, which are locked, back into the queues that they came from, as far as they are put
// back on such a departure.
func (db *DB) returnWork(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, agent conversation.AgentID, ids []conversation.ID, why lifecycle.Departure) error {
	for _, id := range ids {
		left := func(now time.Time, s lifecycle.Snapshot) lifecycle.Change { return lifecycle.Left(now, s, agent, why) }
		if err := db.standing.Follow(ctx, tx, conversation.Ref{Tenant: t, Conversation: id}, left); err != nil {
			return err
		}
	}
	return nil
}
