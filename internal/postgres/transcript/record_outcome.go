package transcript

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/wechat"
)

// RecordOutcome writes what an attempt came to. Only the attempt that owns the message may, while it is sending or unknown;
// otherwise nothing changes. SendLater puts it back to queued, not before o.After, and refunds the allowance; but if nobody
// will try again, because the conversation has ended or the message was given up as unknown, it fails.
func (db *DB) RecordOutcome(ctx context.Context, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) (s conversation.Situation, err error) {
	what := "record what came of sending message " + string(id)
	if o.Status == wechat.SendLater {
		return postgres.Transact(ctx, db.pool, what, func(tx *postgres.Tx) (conversation.Situation, error) {
			if err := recordLater(ctx, tx, c, id, attempt, o); err != nil {
				return conversation.Situation{}, err
			}
			return standing.ReadSituation(ctx, tx, c)
		})
	}
	// One statement, which finds nothing left to do when it runs again: the driver may repeat it.
	const settleDelivery = `
		with settled as (
			update deliveries set status = $5, reason = $6, errcode = nullif($7, 0)::bigint, until = null, updated_at = now()
			where tenant = $1 and message_id = $2 and conversation_id = $3 and attempt_id = $4 and status in ('sending', 'unknown')
				and (status <> $5 or reason <> $6)
			returning tenant, message_id, conversation_id, status, reason)
		insert into feed (tenant, kind, conversation_id, queue_id, agent_id, body)
		select s.tenant, '` + string(lifecycle.EventDelivery) + `', c.id, case when c.holder = 'queue' then queue_told(c.tenant, c.id, c.queue_id) end,
			c.agent_id, jsonb_strip_nulls(jsonb_build_object('message_id', s.message_id, 'status', s.status, 'reason', nullif(s.reason, '')))
		from settled s join conversations c on c.tenant = s.tenant and c.id = s.conversation_id`
	told, err := postgres.Affected(db.pool.ExecContext(ctx, settleDelivery, c.Tenant, id, c.Conversation, attempt, o.Status, o.Reason, int64(o.Code)))
	if told > 0 {
		db.pool.Notify(notify.Channel)
	}
	if err == nil {
		s, err = standing.ReadSituation(ctx, db.pool, c)
	}
	return s, postgres.Explain(ctx, what, err)
}

func recordLater(ctx context.Context, tx *postgres.Tx, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) error {
	d, err := lockDelivery(ctx, tx, c, id)
	if err != nil {
		return err
	}
	sending, unknown := d.Status == conversation.DeliverySending, d.Status == conversation.DeliveryUnknown
	if !d.owned(attempt) || !sending && !unknown {
		return nil
	}
	if err := setLeft(ctx, tx, d, d.Customer.Allowance().Refund(d.Customer.Now)); err != nil {
		return err
	}
	switch {
	case d.Conversing.State == conversation.StateClosed:
		return d.settle(ctx, tx, conversation.DeliveryFailed, lifecycle.ReasonClosed, 0)
	case unknown:
		return d.settle(ctx, tx, conversation.DeliveryFailed, o.Reason, 0)
	}
	return d.settle(ctx, tx, conversation.DeliveryQueued, o.Reason, o.After)
}

// setLeft writes how many messages the reply allowance has left. Spending and refunding do not change its windows.
func setLeft(ctx context.Context, tx *postgres.Tx, d *deliveryRow, a conversation.Allowance) error {
	const update = `update customers set message_left = $3, tap_left = $4 where tenant = $1 and id = $2`
	_, err := tx.ExecContext(ctx, update, d.ref.Tenant, d.Customer.ID, a.MessageLeft, a.TapLeft)
	return err
}
