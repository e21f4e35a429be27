package transcript

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/standing"
)

// MarkSending claims the lowest queued message for one attempt (a UUID), for delivery.SendingLimit: it checks that a bot's
// message belongs to the current epoch ("superseded-by-person" otherwise) and spends the reply allowance ("reply-window-closed"
// if its time is over; a spent count is WeChat's to refuse). A message of which text, key or account cannot be read fails as
// "unreadable", one of an account that sends nothing as "account-disabled". While another attempt is sending, and before a
// message's not-before, nothing is claimed; a message whose attempt has not ended in its time becomes unknown ("answer-lost"),
// and the next one is claimed. It returns ErrNotFound when there is no such conversation; secret.ErrUnknownKey, with nothing
// written, while the master key may still come.
func (db *DB) MarkSending(ctx context.Context, c conversation.Ref, attempt string) (delivery.Marking, error) {
	return postgres.Transact(ctx, db.pool, "mark a message of conversation "+string(c.Conversation)+" as sending", func(tx *postgres.Tx) (delivery.Marking, error) {
		next, err := lockNext(ctx, tx, c)
		if err != nil {
			return delivery.Marking{}, err
		}
		m, err := db.markNext(ctx, tx, next, attempt)
		if err != nil || m.Status == conversation.DeliverySending {
			return m, err
		}
		m.Situation, err = standing.ReadSituation(ctx, tx, c)
		return m, err
	})
}

// markNext tries the next messages in order until one is claimed, or has to be waited for.
func (db *DB) markNext(ctx context.Context, tx *postgres.Tx, next []*deliveryRow, attempt string) (m delivery.Marking, err error) {
	for _, d := range next {
		switch {
		case d.Waits && d.Status == conversation.DeliverySending && d.owned(attempt): // called again
			out, _, err := db.outgoing(d)
			return d.marking(out), err
		case d.ID == "", d.Waits:
			return m, nil
		case d.Status == conversation.DeliverySending:
			err = d.settle(ctx, tx, conversation.DeliveryUnknown, ReasonAnswerLost, 0)
			m = d.marking(delivery.Outgoing{})
		default:
			return db.claim(ctx, tx, d, attempt)
		}
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

// claim takes a queued message, or fails it if it may not go out.
func (db *DB) claim(ctx context.Context, tx *postgres.Tx, d *deliveryRow, attempt string) (delivery.Marking, error) {
	fails := func(reason string) (delivery.Marking, error) {
		err := d.settle(ctx, tx, conversation.DeliveryFailed, reason, 0)
		return d.marking(delivery.Outgoing{}), err
	}
	left, reason := lifecycle.Send(d.Customer.Now, d.queued(), d.Customer.Allowance())
	if reason != "" {
		return fails(reason)
	}
	out, readable, err := db.outgoing(d)
	switch {
	case err != nil:
		return delivery.Marking{}, err
	case !readable:
		return fails(reasonUnreadable)
	}
	d.Status, d.Reason = conversation.DeliverySending, ""
	d.Attempts++
	const markAndSpend = `
		with taken as (
			update deliveries d set status = 'sending', reason = '', attempt_id = $3, attempts = $4, updated_at = now(),
				not_before = null, until = clock_timestamp() + $8 * interval '1 millisecond'
			where d.tenant = $1 and d.message_id = $2 and d.status = 'queued' and not exists (
				select from deliveries e where e.tenant = $1 and e.conversation_id = d.conversation_id
					and (e.status = 'sending' or e.status = 'queued' and e.seq < d.seq))
			returning message_id)
		update customers set message_left = $6, tap_left = $7 from taken where tenant = $1 and id = $5`
	taken, err := postgres.Affected(tx.ExecContext(ctx, markAndSpend, d.ref.Tenant, d.ID, attempt, d.Attempts, d.Customer.ID, left.MessageLeft, left.TapLeft,
		delivery.SendingLimit.Milliseconds()))
	if err == nil && taken == 0 {
		err = postgres.ErrAgain // something came before it while the locks were waited for
	}
	return d.marking(out), err
}
