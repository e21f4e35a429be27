package transcript

import (
	"context"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
)

// settle writes the final status of a message that no attempt is sending any more; the attempt at an unknown one may still correct
// it. If the message has changed since it was read, the transaction begins again.
func (d *deliveryRow) settle(ctx context.Context, tx *postgres.Tx, s conversation.DeliveryStatus, reason string, after time.Duration) error {
	const update = `
		update deliveries set status = $3, reason = $4, attempt_id = case when $3 = 'unknown' then attempt_id end, until = null,
			not_before = case when $3 = 'queued' then clock_timestamp() + $5 * interval '1 millisecond' end, updated_at = now()
		where tenant = $1 and message_id = $2 and status = $6 and attempt_id is not distinct from $7::uuid`
	written, err := postgres.Affected(tx.ExecContext(ctx, update, d.ref.Tenant, d.ID, s, reason, after.Milliseconds(), d.Status, d.AttemptID))
	if err == nil && written == 0 {
		err = postgres.ErrAgain
	}
	if err != nil {
		return err
	}
	d.Status, d.Reason = s, reason
	return d.publish(ctx, tx)
}

// publish adds an event of what became of a message in the end.
func (d *deliveryRow) publish(ctx context.Context, tx *postgres.Tx) error {
	if d.Status == conversation.DeliveryQueued || d.Status == conversation.DeliverySending {
		return nil
	}
	row := notify.Row{
		Kind: lifecycle.EventDelivery, Conversation: d.ref.Conversation,
		Body: lifecycle.DeliveryBody{MessageID: d.ID, Status: d.Status, Reason: d.Reason},
	}
	switch {
	case d.Conversing.AgentID != nil:
		row.Agent = *d.Conversing.AgentID
	case d.Conversing.QueueID != nil:
		row.Queue = *d.Conversing.QueueID
	}
	return notify.Publish(ctx, tx, d.ref.Tenant, row)
}
