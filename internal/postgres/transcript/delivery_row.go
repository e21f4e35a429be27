package transcript

import (
	"context"
	"database/sql"
	"time"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/wechat"
)

// deliveryRow is a delivery with its conversation and its customer, which are locked.
type deliveryRow struct {
	ID          conversation.MessageID      `db:"id"` // "" if there is none
	Status      conversation.DeliveryStatus `db:"status"`
	AttemptID   *string                     `db:"attempt_id"`
	Attempts    int                         `db:"attempts"`
	Reason      string                      `db:"reason"`
	Epoch       *conversation.Epoch         `db:"epoch"`
	Seq         int64                       `db:"seq"`
	Body        []byte                      `db:"body"`
	Waits       bool                        `db:"waits"`     // queued: not before later; sending: the mark has not ended
	UnchangedMS int64                       `db:"unchanged"` // since its status was written
	WaitedMS    int64                       `db:"waited_ms"`
	Traceparent string                      `db:"traceparent"`
	Customer    standing.CustomerRow        `db:"customer"`
	Conversing  conversationRow             `db:"conversing"`
	Account     senderRow                   `db:"account"`
	ref         conversation.Ref
}

// senderRow is an account with what sending needs.
type senderRow struct {
	Kind      account.Kind `db:"kind"`
	AppID     wechat.AppID `db:"app_id"`
	AppSecret []byte       `db:"app_secret"`
	Disabled  bool         `db:"disabled"`
}

// owned reports whether the attempt is the last one that marked the message.
func (d deliveryRow) owned(attempt string) bool { return d.AttemptID != nil && *d.AttemptID == attempt }

const deliveryColumns = `
	coalesce(d.message_id::text, '') as id, coalesce(d.status, '') as status, d.attempt_id, coalesce(d.attempts, 0) as attempts,
	coalesce(d.reason, '') as reason, d.epoch, coalesce(d.seq, 0) as seq, m.body,
	coalesce(case d.status when 'queued' then d.not_before when 'sending' then coalesce(d.until, d.updated_at) end > clock_timestamp(), false) as waits,
	coalesce(1000 * extract(epoch from now() - d.updated_at), 0)::bigint as unchanged,
	coalesce(1000 * extract(epoch from now() - asked.created_at), 0)::bigint as waited_ms,
	coalesce(nullif(m.traceparent, ''), asked.traceparent, '') as traceparent,
	u.id as "customer.id", u.data_key as "customer.data_key", u.openid as "customer.openid",
	u.message_until as "customer.message_until", u.message_left as "customer.message_left",
	u.tap_until as "customer.tap_until", u.tap_left as "customer.tap_left", clock_timestamp() as "customer.now",
	c.account_id as "conversing.account_id", c.state as "conversing.state", c.holder as "conversing.holder",
	c.queue_id as "conversing.queue_id", c.agent_id as "conversing.agent_id", c.epoch as "conversing.epoch",
	a.kind as "account.kind", a.app_id as "account.app_id", a.app_secret as "account.app_secret",
	a.disabled or a.deleted_at is not null as "account.disabled"`

// lockNext locks customer and conversation, in this order, and reads what is next to be sent: the message that is being sent, if
// any, and the lowest that is queued. While it waits for a lock these may change, so whoever writes them says what they were.
func lockNext(ctx context.Context, tx *postgres.Tx, c conversation.Ref) ([]*deliveryRow, error) {
	const query = `
		select ` + deliveryColumns + `
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		left join lateral (
			(select * from deliveries where tenant = c.tenant and conversation_id = c.id and status = 'sending' limit 1)
			union all
			(select * from deliveries where tenant = c.tenant and conversation_id = c.id and status = 'queued' order by seq limit 1)) d on true
		left join messages m on m.tenant = d.tenant and m.id = d.message_id
		left join messages asked on asked.tenant = m.tenant and asked.id = m.turn_id
		where c.tenant = $1 and c.id = $2
		order by d.status desc
		for no key update of u, c`
	var next []*deliveryRow
	err := tx.SelectContext(ctx, &next, query, c.Tenant, c.Conversation)
	if err == nil && len(next) == 0 {
		err = sql.ErrNoRows
	}
	for _, d := range next {
		d.ref = c
	}
	return next, err
}

// lockDelivery locks customer, conversation and delivery, in this order.
func lockDelivery(ctx context.Context, tx *postgres.Tx, c conversation.Ref, id conversation.MessageID) (*deliveryRow, error) {
	const query = `
		select ` + deliveryColumns + `
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		join deliveries d on d.tenant = c.tenant and d.conversation_id = c.id
		join messages m on m.tenant = d.tenant and m.id = d.message_id
		left join messages asked on asked.tenant = m.tenant and asked.id = m.turn_id
		where c.tenant = $1 and c.id = $2 and d.message_id = $3
		for no key update of u, c, d`
	d := &deliveryRow{ref: c}
	err := tx.GetContext(ctx, d, query, c.Tenant, c.Conversation, id)
	return d, err
}

// queued is the message as the rule book judges whether it may be sent.
func (d *deliveryRow) queued() lifecycle.Queued {
	return lifecycle.Queued{
		Epoch:           d.Epoch,
		AccountDisabled: d.Account.Disabled,
		Conversation:    lifecycle.Standing{State: d.Conversing.State, Epoch: d.Conversing.Epoch},
	}
}

// marking is what an attempt is told of the message.
func (d *deliveryRow) marking(out delivery.Outgoing) delivery.Marking {
	m := delivery.Marking{MessageID: d.ID, Status: d.Status, Reason: d.Reason, Attempts: d.Attempts, Traceparent: d.Traceparent}
	if d.Status == conversation.DeliverySending {
		m.Outgoing, m.AccountKind, m.Waited = out, d.Account.Kind, time.Duration(d.WaitedMS)*time.Millisecond
	}
	return m
}
