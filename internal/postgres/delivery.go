package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// staleSending is how long an earlier message may be `sending` before the next one takes its attempt for lost.
const staleSending = time.Minute

// deliveryRow is a delivery with its conversation and its customer, all locked.
type deliveryRow struct {
	Status     conversation.DeliveryStatus `db:"status"`
	AttemptID  *string                     `db:"attempt_id"`
	Attempts   int                         `db:"attempts"`
	Reason     string                      `db:"reason"`
	Epoch      *conversation.Epoch         `db:"epoch"`
	Seq        int64                       `db:"seq"`
	Body       []byte                      `db:"body"`
	Kind       conversation.Kind           `db:"account_kind"`
	WaitedMS   int64                       `db:"waited_ms"`
	ref        conversation.Ref
	id         conversation.MessageID
	customer   customerRow
	conversing conversationRow
}

// owned reports whether the attempt is the last one that marked the message.
func (d deliveryRow) owned(attempt string) bool { return d.AttemptID != nil && *d.AttemptID == attempt }

func lockDelivery(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, id conversation.MessageID) (d deliveryRow, err error) {
	d.ref, d.id = c, id
	const customer = `select ` + customerColumns + ` from customers
		where tenant = $1 and id = (select customer_id from conversations where tenant = $1 and id = $2) for no key update`
	if err := tx.GetContext(ctx, &d.customer, customer, c.Tenant, c.Conversation); err != nil {
		return d, err
	}
	if d.conversing, err = lockConversation(ctx, tx, c); err != nil {
		return d, err
	}
	const delivery = `
		select d.status, d.attempt_id, d.attempts, d.reason, d.epoch, d.seq, m.body, a.kind as account_kind,
			coalesce(1000 * extract(epoch from now() - asked.created_at), 0)::bigint as waited_ms
		from deliveries d join messages m on m.tenant = d.tenant and m.id = d.message_id
			left join messages asked on asked.tenant = m.tenant and asked.id = m.turn_id
			join accounts a on a.tenant = d.tenant and a.id = $4
		where d.tenant = $1 and d.message_id = $2 and d.conversation_id = $3 for no key update of d`
	err = tx.GetContext(ctx, &d, delivery, c.Tenant, id, c.Conversation, d.conversing.AccountID)
	return d, err
}

// settle writes how the delivery stands.
func (d *deliveryRow) settle(ctx context.Context, tx *sqlx.Tx, s conversation.DeliveryStatus, reason string) error {
	d.Status, d.Reason = s, reason
	const update = `
		update deliveries set status = $3, reason = $4, attempt_id = $5, attempts = $6, updated_at = now()
		where tenant = $1 and message_id = $2`
	if _, err := tx.ExecContext(ctx, update, d.ref.Tenant, d.id, s, reason, d.AttemptID, d.Attempts); err != nil {
		return err
	}
	return d.tell(ctx, tx)
}

// tell tells the desks what became of a message, where people have the conversation.
func (d *deliveryRow) tell(ctx context.Context, tx *sqlx.Tx) error {
	on := d.Status == conversation.DeliveryQueued || d.Status == conversation.DeliverySending
	if on || d.conversing.Holder == conversation.HolderBot {
		return nil
	}
	row := feedRow{
		Kind: feedDelivery, Conversation: d.ref.Conversation,
		Body: deliveryBody{MessageID: d.id, Status: d.Status, Reason: d.Reason},
	}
	switch {
	case d.conversing.AgentID != nil:
		row.Agent = *d.conversing.AgentID
	case d.conversing.QueueID != nil:
		row.Queue = *d.conversing.QueueID
	}
	return publish(ctx, tx, d.ref.Tenant, row)
}

// MarkSending claims a queued message for one attempt (a UUID): it checks that a bot's message belongs to the current
// epoch ("superseded-by-person" otherwise), that no earlier message of the conversation is still on its way, and spends
// the reply allowance ("reply-window-closed" where its time is over; a spent count is WeChat's to refuse). A message that another attempt
// is sending becomes unknown ("answer-lost"). ErrLater while an earlier message is on its way, ErrNotFound when there is
// no such message.
func (db *DB) MarkSending(ctx context.Context, c conversation.Ref, id conversation.MessageID, attempt string) (conversation.Marking, error) {
	return transact(ctx, db, "mark message "+string(id)+" as sending", func(tx *sqlx.Tx) (conversation.Marking, error) {
		d, err := lockDelivery(ctx, tx, c, id)
		if err != nil {
			return conversation.Marking{}, err
		}
		switch {
		case d.Status == conversation.DeliveryQueued:
			err = db.claim(ctx, tx, &d, attempt)
		case d.Status == conversation.DeliverySending && !d.owned(attempt):
			err = d.settle(ctx, tx, conversation.DeliveryUnknown, reasonAnswerLost)
		}
		if err != nil {
			return conversation.Marking{}, err
		}
		return db.marking(d)
	})
}

// claim takes a queued message, or fails it where it may not go out.
func (db *DB) claim(ctx context.Context, tx *sqlx.Tx, d *deliveryRow, attempt string) error {
	switch {
	case d.conversing.State == conversation.StateClosed:
		return d.settle(ctx, tx, conversation.DeliveryFailed, reasonClosed)
	case d.Epoch != nil && *d.Epoch != d.conversing.Epoch:
		return d.settle(ctx, tx, conversation.DeliveryFailed, reasonSuperseded)
	}
	if err := earlierFirst(ctx, tx, d); err != nil {
		return err
	}
	left, err := d.customer.allowance().Spend(d.customer.Now)
	switch {
	case errors.Is(err, conversation.ErrWindowClosed):
		return d.settle(ctx, tx, conversation.DeliveryFailed, reasonWindow)
	case errors.Is(err, conversation.ErrAllowanceSpent):
		// By our count there is nothing left, but how WeChat counts is not documented: let it decide (docs/adr/0007).
	case err != nil:
		return err
	}
	if err := setLeft(ctx, tx, d, left); err != nil {
		return err
	}
	d.AttemptID = &attempt
	d.Attempts++
	return d.settle(ctx, tx, conversation.DeliverySending, "")
}

// earlierFirst fails with ErrLater while an earlier message is on its way. One that an attempt has been sending for very
// long will not be heard of again, and must not hold up the rest for ever.
func earlierFirst(ctx context.Context, tx *sqlx.Tx, d *deliveryRow) error {
	const give = `
		update deliveries set status = 'unknown', reason = $4, updated_at = now()
		where tenant = $1 and conversation_id = $2 and seq < $3 and status = 'sending'
			and updated_at < now() - $5 * interval '1 millisecond'`
	const waiting = `
		select count(*) from deliveries
		where tenant = $1 and conversation_id = $2 and seq < $3 and status in ('queued', 'sending')`
	count := func() (n int, err error) {
		err = tx.GetContext(ctx, &n, waiting, d.ref.Tenant, d.ref.Conversation, d.Seq)
		return n, err
	}
	n, err := count()
	if err != nil || n == 0 {
		return err
	}
	if _, err := tx.ExecContext(ctx, give, d.ref.Tenant, d.ref.Conversation, d.Seq, reasonAnswerLost, staleSending.Milliseconds()); err != nil {
		return err
	}
	if n, err = count(); err != nil || n == 0 {
		return err
	}
	return fmt.Errorf("%d earlier messages are on their way: %w", n, conversation.ErrLater)
}

// setLeft writes what is left of the reply allowance; spending and refunding leave its windows alone.
func setLeft(ctx context.Context, tx *sqlx.Tx, d *deliveryRow, a conversation.Allowance) error {
	const update = `update customers set message_left = $3, tap_left = $4 where tenant = $1 and id = $2`
	_, err := tx.ExecContext(ctx, update, d.ref.Tenant, d.customer.ID, a.MessageLeft, a.TapLeft)
	return err
}

func (db *DB) marking(d deliveryRow) (conversation.Marking, error) {
	m := conversation.Marking{Status: d.Status, Reason: d.Reason, Attempts: d.Attempts}
	if d.Status != conversation.DeliverySending {
		return m, nil
	}
	seal, err := db.customerSeal(d.ref.Tenant, string(d.customer.ID), d.customer.DataKey)
	if err != nil {
		return conversation.Marking{}, err
	}
	openID, err := seal.openOpenID(d.customer.OpenID)
	if err != nil {
		return conversation.Marking{}, err
	}
	said, err := seal.openBody(string(d.id), d.Body)
	if err != nil {
		return conversation.Marking{}, err
	}
	m.AccountKind, m.Waited = d.Kind, time.Duration(d.WaitedMS)*time.Millisecond
	m.Outgoing = conversation.Outgoing{AccountID: d.conversing.AccountID, OpenID: openID, Text: said.Text}
	return m, nil
}

// RecordOutcome writes what an attempt came to. Only the attempt that owns the message may, while it is sending or unknown;
// otherwise nothing changes. SendLater puts it back to queued and refunds the allowance; but where nobody will try again,
// because the conversation has ended or the message was given up as unknown, it fails.
func (db *DB) RecordOutcome(ctx context.Context, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) error {
	return db.inTx(ctx, "record what came of sending message "+string(id), func(tx *sqlx.Tx) error {
		if o.Status == wechat.SendLater {
			return recordLater(ctx, tx, c, id, attempt, o)
		}
		const update = `
			with settled as (
				update deliveries set status = $5, reason = $6, errcode = nullif($7, 0)::bigint, updated_at = now()
				where tenant = $1 and message_id = $2 and conversation_id = $3 and attempt_id = $4 and status in ('sending', 'unknown')
				returning tenant, message_id, conversation_id, status, reason),
			told as (
				insert into feed (tenant, kind, conversation_id, queue_id, agent_id, body)
				select s.tenant, '` + feedDelivery + `', c.id, case when c.holder = 'queue' then c.queue_id end, c.agent_id,
					jsonb_strip_nulls(jsonb_build_object('message_id', s.message_id, 'status', s.status, 'reason', nullif(s.reason, '')))
				from settled s join conversations c on c.tenant = s.tenant and c.id = s.conversation_id
				where c.holder <> 'bot'
				returning id)
			select pg_notify('` + channelFeed + `', '') from told`
		_, err := tx.ExecContext(ctx, update, c.Tenant, id, c.Conversation, attempt, o.Status, o.Reason, int64(o.Code))
		return err
	})
}

func recordLater(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) error {
	d, err := lockDelivery(ctx, tx, c, id)
	if err != nil {
		return err
	}
	sending, unknown := d.Status == conversation.DeliverySending, d.Status == conversation.DeliveryUnknown
	if !d.owned(attempt) || !sending && !unknown {
		return nil
	}
	if err := setLeft(ctx, tx, &d, d.customer.allowance().Refund(d.customer.Now)); err != nil {
		return err
	}
	d.AttemptID = nil
	switch {
	case d.conversing.State == conversation.StateClosed:
		return d.settle(ctx, tx, conversation.DeliveryFailed, reasonClosed)
	case unknown:
		return d.settle(ctx, tx, conversation.DeliveryFailed, o.Reason)
	}
	return d.settle(ctx, tx, conversation.DeliveryQueued, o.Reason)
}
