package standing

import (
	"context"
	"database/sql"
	"errors"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
)

// LoadOverflow reads what decides where a conversation goes that has waited too long in its queue.
func (l *Locked) LoadOverflow(ctx context.Context) error {
	const query = `select count(*) from routing_traces where tenant = $1 and conversation_id = $2 and stage = $3 and body ? 'to'`
	if err := l.Tx.GetContext(ctx, &l.Hops, query, l.Ref.Tenant, l.Ref.Conversation, lifecycle.StageOverflow); err != nil {
		return err
	}
	_, err := l.Seal()
	if err != nil && !errors.Is(err, secret.ErrUnavailable) {
		return err
	}
	l.Mute = err != nil
	var now routing.Question
	err = setup.LoadQueues(ctx, l.Tx, l.Ref, "", &now)
	l.Queues = now.Queues
	return err
}

// LoadHandOver reads what a new work item is made of: whom the customer prefers, and who had their last conversation and still
// works here.
func (l *Locked) LoadHandOver(ctx context.Context) error {
	const query = `
		select u.preferred_agents, c.last_customer_at, coalesce(g.id::text, '') as last_agent, last.closed_at
		from conversations c join customers u on u.tenant = c.tenant and u.id = c.customer_id
		left join lateral (
			select p.agent_id, p.closed_at from conversations p
			where p.tenant = c.tenant and p.customer_id = c.customer_id and p.state = 'closed' order by p.closed_at desc limit 1) last on true
		left join agents g on g.tenant = c.tenant and g.id = last.agent_id and not g.disabled and g.deleted_at is null
		where c.tenant = $1 and c.id = $2`
	var row struct {
		Preferred pq.StringArray       `db:"preferred_agents"`
		LastAt    sql.NullTime         `db:"last_customer_at"`
		LastAgent conversation.AgentID `db:"last_agent"`
		LastEnded sql.NullTime         `db:"closed_at"`
	}
	err := l.Tx.GetContext(ctx, &row, query, l.Ref.Tenant, l.Ref.Conversation)
	l.Preferred, l.LastCustomerAt = postgres.IDs[conversation.AgentID](row.Preferred), row.LastAt.Time
	l.LastAgent, l.LastEnded = row.LastAgent, row.LastEnded.Time
	return err
}
