package standing

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// Supervisors get one alert that a queue has no agents, however many conversations come to it. When the queue has an agent again, the
// mark is removed. Neither function waits for a queue that another transaction is changing, because queues are locked before
// conversations.

// markEmpty notes that supervisors were told of queues without agents.
func markEmpty(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, queues []conversation.QueueID) error {
	if len(queues) == 0 {
		return nil
	}
	const setAlerted = `
		update queues set empty_alert_at = now() where tenant = $1 and id in (
			select id from queues where tenant = $1 and id = any($2::uuid[]) and empty_alert_at is null for no key update skip locked)`
	_, err := tx.ExecContext(ctx, setAlerted, t, postgres.Texts(queues))
	return err
}

// UnmarkEmpty forgets the queues in which somebody works again.
func UnmarkEmpty(ctx context.Context, tx *postgres.Tx, t conversation.Tenant) error {
	const clearAlerted = `
		update queues set empty_alert_at = null where tenant = $1 and id in (
			select q.id from queues q where q.tenant = $1 and q.empty_alert_at is not null and exists (
				select from queue_members m join agents g on g.tenant = m.tenant and g.id = m.agent_id
				where m.tenant = q.tenant and m.queue_id = q.id and not g.disabled and g.deleted_at is null)
			for no key update of q skip locked)`
	_, err := tx.ExecContext(ctx, clearAlerted, t)
	return err
}
