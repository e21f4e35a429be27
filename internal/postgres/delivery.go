package postgres

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// keyPatience is how long a message waits for a master key that is not on the ring: a rollout may be under way.
const keyPatience = 10 * time.Minute

// deliveryRow is a delivery with its conversation and its customer, which are locked.
type deliveryRow struct {
	ID          conversation.MessageID      `db:"id"` // "" where there is none
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
	Customer    customerRow                 `db:"customer"`
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
func lockNext(ctx context.Context, tx *transaction, c conversation.Ref) ([]*deliveryRow, error) {
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
func lockDelivery(ctx context.Context, tx *transaction, c conversation.Ref, id conversation.MessageID) (*deliveryRow, error) {
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

// settle writes how a message stands that nobody is sending any more; the attempt at an unknown one may still correct that. Where it has changed since it was read, the transaction
// begins again.
func (d *deliveryRow) settle(ctx context.Context, tx *transaction, s conversation.DeliveryStatus, reason string, after time.Duration) error {
	const update = `
		update deliveries set status = $3, reason = $4, attempt_id = case when $3 = 'unknown' then attempt_id end, until = null,
			not_before = case when $3 = 'queued' then clock_timestamp() + $5 * interval '1 millisecond' end, updated_at = now()
		where tenant = $1 and message_id = $2 and status = $6 and attempt_id is not distinct from $7::uuid`
	written, err := affected(tx.ExecContext(ctx, update, d.ref.Tenant, d.ID, s, reason, after.Milliseconds(), d.Status, d.AttemptID))
	if err == nil && written == 0 {
		err = errAgain
	}
	if err != nil {
		return err
	}
	d.Status, d.Reason = s, reason
	return d.publish(ctx, tx)
}

// publish adds an event of what became of a message, where people have the conversation.
func (d *deliveryRow) publish(ctx context.Context, tx *transaction) error {
	on := d.Status == conversation.DeliveryQueued || d.Status == conversation.DeliverySending
	if on || d.Conversing.Holder == conversation.HolderBot {
		return nil
	}
	row := feedRow{
		Kind: lifecycle.EventDelivery, Conversation: d.ref.Conversation,
		Body: lifecycle.DeliveryBody{MessageID: d.ID, Status: d.Status, Reason: d.Reason},
	}
	switch {
	case d.Conversing.AgentID != nil:
		row.Agent = *d.Conversing.AgentID
	case d.Conversing.QueueID != nil:
		row.Queue = *d.Conversing.QueueID
	}
	return publish(ctx, tx, d.ref.Tenant, row)
}

// MarkSending claims the lowest queued message for one attempt (a UUID), for delivery.SendingLimit: it checks that a bot's
// message belongs to the current epoch ("superseded-by-person" otherwise) and spends the reply allowance ("reply-window-closed"
// where its time is over; a spent count is WeChat's to refuse). A message of which text, key or account cannot be read fails as
// "unreadable", one of an account that sends nothing as "account-disabled". While another attempt is sending, and before a
// message's not-before, nothing is claimed; a message whose attempt has not ended in its time becomes unknown ("answer-lost"),
// and the next one is claimed. ErrNotFound when there is no such conversation; secret.ErrUnknownKey, with nothing written, while
// the master key may still come.
func (db *DB) MarkSending(ctx context.Context, c conversation.Ref, attempt string) (delivery.Marking, error) {
	return transact(ctx, db, "mark a message of conversation "+string(c.Conversation)+" as sending", func(tx *transaction) (delivery.Marking, error) {
		next, err := lockNext(ctx, tx, c)
		if err != nil {
			return delivery.Marking{}, err
		}
		m, err := db.markNext(ctx, tx, next, attempt)
		if err != nil || m.Status == conversation.DeliverySending {
			return m, err
		}
		m.Situation, err = readSituation(ctx, tx, c)
		return m, err
	})
}

// markNext goes through what is next until something is claimed, or has to be waited for.
func (db *DB) markNext(ctx context.Context, tx *transaction, next []*deliveryRow, attempt string) (m delivery.Marking, err error) {
	for _, d := range next {
		switch {
		case d.Waits && d.Status == conversation.DeliverySending && d.owned(attempt): // called again
			out, _, err := db.outgoing(d)
			return d.marking(out), err
		case d.ID == "", d.Waits:
			return m, nil
		case d.Status == conversation.DeliverySending:
			err = d.settle(ctx, tx, conversation.DeliveryUnknown, reasonAnswerLost, 0)
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

// claim takes a queued message, or fails it where it may not go out.
func (db *DB) claim(ctx context.Context, tx *transaction, d *deliveryRow, attempt string) (delivery.Marking, error) {
	fails := func(reason string) (delivery.Marking, error) {
		err := d.settle(ctx, tx, conversation.DeliveryFailed, reason, 0)
		return d.marking(delivery.Outgoing{}), err
	}
	switch {
	case d.Conversing.State == conversation.StateClosed:
		return fails(lifecycle.ReasonClosed)
	case d.Epoch != nil && *d.Epoch != d.Conversing.Epoch:
		return fails(lifecycle.ReasonSuperseded)
	case d.Account.Disabled:
		return fails(reasonDisabled)
	}
	left, err := d.Customer.allowance().Spend(d.Customer.Now)
	switch {
	case errors.Is(err, conversation.ErrWindowClosed):
		return fails(reasonWindow)
	case errors.Is(err, conversation.ErrAllowanceSpent):
		// By our count there is nothing left, but how WeChat counts is not documented: let it decide (docs/adr/0007).
	case err != nil:
		return delivery.Marking{}, err
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
	const take = `
		with taken as (
			update deliveries d set status = 'sending', reason = '', attempt_id = $3, attempts = $4, updated_at = now(),
				not_before = null, until = clock_timestamp() + $8 * interval '1 millisecond'
			where d.tenant = $1 and d.message_id = $2 and d.status = 'queued' and not exists (
				select from deliveries e where e.tenant = $1 and e.conversation_id = d.conversation_id
					and (e.status = 'sending' or e.status = 'queued' and e.seq < d.seq))
			returning message_id)
		update customers set message_left = $6, tap_left = $7 from taken where tenant = $1 and id = $5`
	taken, err := affected(tx.ExecContext(ctx, take, d.ref.Tenant, d.ID, attempt, d.Attempts, d.Customer.ID, left.MessageLeft, left.TapLeft,
		delivery.SendingLimit.Milliseconds()))
	if err == nil && taken == 0 {
		err = errAgain // something came before it while the locks were waited for
	}
	return d.marking(out), err
}

// setLeft writes what is left of the reply allowance; spending and refunding leave its windows alone.
func setLeft(ctx context.Context, tx *transaction, d *deliveryRow, a conversation.Allowance) error {
	const update = `update customers set message_left = $3, tap_left = $4 where tenant = $1 and id = $2`
	_, err := tx.ExecContext(ctx, update, d.ref.Tenant, d.Customer.ID, a.MessageLeft, a.TapLeft)
	return err
}

// outgoing opens what sending needs. readable is false where it cannot be opened; a master key that is not on the ring is an
// error while it may still come.
func (db *DB) outgoing(d *deliveryRow) (out delivery.Outgoing, readable bool, err error) {
	out, err = db.openOutgoing(d)
	if errors.Is(err, secret.ErrUnavailable) {
		if errors.Is(err, secret.ErrUnknownKey) && d.UnchangedMS < keyPatience.Milliseconds() {
			return out, false, err
		}
		return out, false, nil
	}
	return out, err == nil, err
}

func (db *DB) openOutgoing(d *deliveryRow) (out delivery.Outgoing, err error) {
	seal, err := db.customerSeal(d.ref.Tenant, string(d.Customer.ID), d.Customer.DataKey)
	if err != nil {
		return out, err
	}
	if out.OpenID, err = seal.openOpenID(d.Customer.OpenID); err != nil {
		return out, err
	}
	said, err := seal.openBody(string(d.ID), d.Body)
	if err != nil {
		return out, err
	}
	out.Text = said.Text
	out.From, err = db.credentialsOf(d.ref.Tenant, d.Conversing.AccountID, d.Account.AppID, d.Account.AppSecret)
	return out, err
}

// marking is what an attempt is told of the message.
func (d *deliveryRow) marking(out delivery.Outgoing) delivery.Marking {
	m := delivery.Marking{MessageID: d.ID, Status: d.Status, Reason: d.Reason, Attempts: d.Attempts, Traceparent: d.Traceparent}
	if d.Status == conversation.DeliverySending {
		m.Outgoing, m.AccountKind, m.Waited = out, d.Account.Kind, time.Duration(d.WaitedMS)*time.Millisecond
	}
	return m
}

// RecordOutcome writes what an attempt came to. Only the attempt that owns the message may, while it is sending or unknown;
// otherwise nothing changes. SendLater puts it back to queued, not before o.After, and refunds the allowance; but where nobody
// will try again, because the conversation has ended or the message was given up as unknown, it fails.
func (db *DB) RecordOutcome(ctx context.Context, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) (s conversation.Situation, err error) {
	what := "record what came of sending message " + string(id)
	if o.Status == wechat.SendLater {
		return transact(ctx, db, what, func(tx *transaction) (conversation.Situation, error) {
			if err := recordLater(ctx, tx, c, id, attempt, o); err != nil {
				return conversation.Situation{}, err
			}
			return readSituation(ctx, tx, c)
		})
	}
	// One statement, which finds nothing left to do when it runs again: the driver may repeat it.
	const settle = `
		with settled as (
			update deliveries set status = $5, reason = $6, errcode = nullif($7, 0)::bigint, until = null, updated_at = now()
			where tenant = $1 and message_id = $2 and conversation_id = $3 and attempt_id = $4 and status in ('sending', 'unknown')
				and (status <> $5 or reason <> $6)
			returning tenant, message_id, conversation_id, status, reason)
		insert into feed (tenant, kind, conversation_id, queue_id, agent_id, body)
		select s.tenant, '` + string(lifecycle.EventDelivery) + `', c.id, case when c.holder = 'queue' then queue_told(c.tenant, c.id, c.queue_id) end,
			c.agent_id, jsonb_strip_nulls(jsonb_build_object('message_id', s.message_id, 'status', s.status, 'reason', nullif(s.reason, '')))
		from settled s join conversations c on c.tenant = s.tenant and c.id = s.conversation_id
		where c.holder <> 'bot'`
	told, err := affected(db.sql.ExecContext(ctx, settle, c.Tenant, id, c.Conversation, attempt, o.Status, o.Reason, int64(o.Code)))
	if told > 0 {
		db.notices.ask(channelFeed)
	}
	if err == nil {
		s, err = readSituation(ctx, db.sql, c)
	}
	return s, explain(ctx, what, err)
}

func recordLater(ctx context.Context, tx *transaction, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) error {
	d, err := lockDelivery(ctx, tx, c, id)
	if err != nil {
		return err
	}
	sending, unknown := d.Status == conversation.DeliverySending, d.Status == conversation.DeliveryUnknown
	if !d.owned(attempt) || !sending && !unknown {
		return nil
	}
	if err := setLeft(ctx, tx, d, d.Customer.allowance().Refund(d.Customer.Now)); err != nil {
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
