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
	WaitedMS   int64                       `db:"waited_ms"`
	Earlier    int                         `db:"earlier"` // messages of the conversation that are still on their way
	Customer   customerRow                 `db:"customer"`
	Conversing conversationRow             `db:"conversing"`
	Account    senderRow                   `db:"account"`
	ref        conversation.Ref
	id         conversation.MessageID
}

// senderRow is an account with what sending needs.
type senderRow struct {
	Kind      conversation.Kind `db:"kind"`
	AppID     wechat.AppID      `db:"app_id"`
	AppSecret []byte            `db:"app_secret"`
	Disabled  bool              `db:"disabled"`
}

// owned reports whether the attempt is the last one that marked the message.
func (d deliveryRow) owned(attempt string) bool { return d.AttemptID != nil && *d.AttemptID == attempt }

// lockDelivery locks customer, conversation and delivery, in this order, in one statement. While it waits for a lock an earlier
// message may end; Earlier may then be too high, never too low, since no message gets a lower number than one that is there.
func lockDelivery(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, id conversation.MessageID) (d deliveryRow, err error) {
	d.ref, d.id = c, id
	const query = `
		select d.status, d.attempt_id, d.attempts, d.reason, d.epoch, d.seq, m.body,
			coalesce(1000 * extract(epoch from now() - asked.created_at), 0)::bigint as waited_ms,
			(select count(*) from deliveries e
				where e.tenant = d.tenant and e.conversation_id = d.conversation_id and e.seq < d.seq and ` + onItsWay + `) as earlier,
			u.id as "customer.id", u.data_key as "customer.data_key", u.openid as "customer.openid",
			u.message_until as "customer.message_until", u.message_left as "customer.message_left",
			u.tap_until as "customer.tap_until", u.tap_left as "customer.tap_left", clock_timestamp() as "customer.now",
			c.account_id as "conversing.account_id", c.state as "conversing.state", c.holder as "conversing.holder",
			c.queue_id as "conversing.queue_id", c.agent_id as "conversing.agent_id", c.epoch as "conversing.epoch",
			a.kind as "account.kind", a.app_id as "account.app_id", a.app_secret as "account.app_secret",
			a.disabled or a.deleted_at is not null as "account.disabled"
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		join deliveries d on d.tenant = c.tenant and d.conversation_id = c.id
		join messages m on m.tenant = d.tenant and m.id = d.message_id
		left join messages asked on asked.tenant = m.tenant and asked.id = m.turn_id
		where c.tenant = $1 and c.id = $2 and d.message_id = $3
		for no key update of u, c, d`
	err = tx.GetContext(ctx, &d, query, c.Tenant, c.Conversation, id)
	return d, err
}

// onItsWay says of a delivery e that it has not ended.
const onItsWay = `e.status in ('queued', 'sending')`

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
	if on || d.Conversing.Holder == conversation.HolderBot {
		return nil
	}
	row := feedRow{
		Kind: feedDelivery, Conversation: d.ref.Conversation,
		Body: deliveryBody{MessageID: d.id, Status: d.Status, Reason: d.Reason},
	}
	switch {
	case d.Conversing.AgentID != nil:
		row.Agent = *d.Conversing.AgentID
	case d.Conversing.QueueID != nil:
		row.Queue = *d.Conversing.QueueID
	}
	return publish(ctx, tx, d.ref.Tenant, row)
}

// MarkSending claims a queued message for one attempt (a UUID): it checks that a bot's message belongs to the current
// epoch ("superseded-by-person" otherwise), that no earlier message of the conversation is still on its way, and spends
// the reply allowance ("reply-window-closed" where its time is over; a spent count is WeChat's to refuse). A message that another attempt
// is sending becomes unknown ("answer-lost"). ErrLater while an earlier message is on its way, ErrNotFound when there is
// no such message; secret.ErrUnavailable, with nothing written, where the account's secret or the customer's key does not open.
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
	case d.Conversing.State == conversation.StateClosed:
		return d.settle(ctx, tx, conversation.DeliveryFailed, reasonClosed)
	case d.Epoch != nil && *d.Epoch != d.Conversing.Epoch:
		return d.settle(ctx, tx, conversation.DeliveryFailed, reasonSuperseded)
	}
	if err := earlierFirst(ctx, tx, d); err != nil {
		return err
	}
	left, err := d.Customer.allowance().Spend(d.Customer.Now)
	switch {
	case errors.Is(err, conversation.ErrWindowClosed):
		return d.settle(ctx, tx, conversation.DeliveryFailed, reasonWindow)
	case errors.Is(err, conversation.ErrAllowanceSpent):
		// By our count there is nothing left, but how WeChat counts is not documented: let it decide (docs/adr/0007).
	case err != nil:
		return err
	}
	d.AttemptID, d.Status, d.Reason = &attempt, conversation.DeliverySending, ""
	d.Attempts++
	const take = `
		with spent as (update customers set message_left = $6, tap_left = $7 where tenant = $1 and id = $5)
		update deliveries set status = 'sending', reason = '', attempt_id = $3, attempts = $4, updated_at = now()
		where tenant = $1 and message_id = $2`
	_, err = tx.ExecContext(ctx, take, d.ref.Tenant, d.id, attempt, d.Attempts, d.Customer.ID, left.MessageLeft, left.TapLeft)
	return err
}

// earlierFirst fails with ErrLater while an earlier message is on its way. One that an attempt has been sending for very
// long will not be heard of again, and must not hold up the rest for ever.
func earlierFirst(ctx context.Context, tx *sqlx.Tx, d *deliveryRow) error {
	if d.Earlier == 0 {
		return nil
	}
	const give = `
		update deliveries set status = 'unknown', reason = $4, updated_at = now()
		where tenant = $1 and conversation_id = $2 and seq < $3 and status = 'sending'
			and updated_at < now() - $5 * interval '1 millisecond'`
	if _, err := tx.ExecContext(ctx, give, d.ref.Tenant, d.ref.Conversation, d.Seq, reasonAnswerLost, staleSending.Milliseconds()); err != nil {
		return err
	}
	const waiting = `select count(*) from deliveries e where tenant = $1 and conversation_id = $2 and seq < $3 and ` + onItsWay
	var n int
	if err := tx.GetContext(ctx, &n, waiting, d.ref.Tenant, d.ref.Conversation, d.Seq); err != nil || n == 0 {
		return err
	}
	return fmt.Errorf("%d earlier messages are on their way: %w", n, conversation.ErrLater)
}

// setLeft writes what is left of the reply allowance; spending and refunding leave its windows alone.
func setLeft(ctx context.Context, tx *sqlx.Tx, d *deliveryRow, a conversation.Allowance) error {
	const update = `update customers set message_left = $3, tap_left = $4 where tenant = $1 and id = $2`
	_, err := tx.ExecContext(ctx, update, d.ref.Tenant, d.Customer.ID, a.MessageLeft, a.TapLeft)
	return err
}

func (db *DB) marking(d deliveryRow) (conversation.Marking, error) {
	m := conversation.Marking{Status: d.Status, Reason: d.Reason, Attempts: d.Attempts}
	if d.Status != conversation.DeliverySending {
		return m, nil
	}
	seal, err := db.customerSeal(d.ref.Tenant, string(d.Customer.ID), d.Customer.DataKey)
	if err != nil {
		return conversation.Marking{}, err
	}
	openID, err := seal.openOpenID(d.Customer.OpenID)
	if err != nil {
		return conversation.Marking{}, err
	}
	said, err := seal.openBody(string(d.id), d.Body)
	if err != nil {
		return conversation.Marking{}, err
	}
	m.AccountKind, m.Waited = d.Account.Kind, time.Duration(d.WaitedMS)*time.Millisecond
	m.Outgoing = conversation.Outgoing{Disabled: d.Account.Disabled, OpenID: openID, Text: said.Text}
	if d.Account.Disabled {
		return m, nil
	}
	m.Outgoing.From, err = db.credentialsOf(d.ref.Tenant, d.Conversing.AccountID, d.Account.AppID, d.Account.AppSecret)
	return m, err
}

// RecordOutcome writes what an attempt came to. Only the attempt that owns the message may, while it is sending or unknown;
// otherwise nothing changes. SendLater puts it back to queued and refunds the allowance; but where nobody will try again,
// because the conversation has ended or the message was given up as unknown, it fails.
func (db *DB) RecordOutcome(ctx context.Context, c conversation.Ref, id conversation.MessageID, attempt string, o wechat.SendOutcome) error {
	what := "record what came of sending message " + string(id)
	if o.Status == wechat.SendLater {
		return db.inTx(ctx, what, func(tx *sqlx.Tx) error { return recordLater(ctx, tx, c, id, attempt, o) })
	}
	// One statement, which finds nothing left to do when it runs again: the driver may repeat it.
	const settle = `
		with settled as (
			update deliveries set status = $5, reason = $6, errcode = nullif($7, 0)::bigint, updated_at = now()
			where tenant = $1 and message_id = $2 and conversation_id = $3 and attempt_id = $4 and status in ('sending', 'unknown')
				and (status <> $5 or reason <> $6)
			returning tenant, message_id, conversation_id, status, reason),
		told as (
			insert into feed (tenant, kind, conversation_id, queue_id, agent_id, body)
			select s.tenant, '` + feedDelivery + `', c.id, case when c.holder = 'queue' then c.queue_id end, c.agent_id,
				jsonb_strip_nulls(jsonb_build_object('message_id', s.message_id, 'status', s.status, 'reason', nullif(s.reason, '')))
			from settled s join conversations c on c.tenant = s.tenant and c.id = s.conversation_id
			where c.holder <> 'bot'
			returning id)
		select pg_notify('` + channelFeed + `', '') from told`
	_, err := db.sql.ExecContext(ctx, settle, c.Tenant, id, c.Conversation, attempt, o.Status, o.Reason, int64(o.Code))
	return explain(ctx, what, err)
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
	if err := setLeft(ctx, tx, &d, d.Customer.allowance().Refund(d.Customer.Now)); err != nil {
		return err
	}
	d.AttemptID = nil
	switch {
	case d.Conversing.State == conversation.StateClosed:
		return d.settle(ctx, tx, conversation.DeliveryFailed, reasonClosed)
	case unknown:
		return d.settle(ctx, tx, conversation.DeliveryFailed, o.Reason)
	}
	return d.settle(ctx, tx, conversation.DeliveryQueued, o.Reason)
}
