package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
)

// insertReceipts takes a receiptRow; what it does on a conflict follows.
const insertReceipts = `
	insert into receipts (tenant, account_id, message_key, conversation_id, delivery_id, fingerprint, message_id, outcome, received_at)
	values (:tenant, :account_id, :message_key, :conversation_id, :delivery_id, :fingerprint, :message_id, :outcome, :received_at)`

// takeKey gives the key of a callback that could not be read to one that can.
const takeKey = `
	on conflict (tenant, account_id, message_key) do update
	set conversation_id = excluded.conversation_id, delivery_id = excluded.delivery_id, fingerprint = excluded.fingerprint,
		message_id = excluded.message_id, outcome = excluded.outcome, received_at = excluded.received_at
	where receipts.outcome = 'quarantined'`

// customerRow is a customer with what Receive and MarkSending need.
type customerRow struct {
	ID        conversation.CustomerID `db:"id"`
	DataKey   []byte                  `db:"data_key"`
	OpenID    []byte                  `db:"openid"`
	Following bool                    `db:"following"`
	allowanceRow

	// Of the account.
	IdleCloseMS int64    `db:"idle_close_ms"`
	BotKind     bot.Kind `db:"bot_kind"` // empty without a bot
}

// allowanceRow is a customer's reply allowance, and Postgres's time to judge it by.
type allowanceRow struct {
	MessageUntil *time.Time `db:"message_until"`
	MessageLeft  int        `db:"message_left"`
	TapUntil     *time.Time `db:"tap_until"`
	TapLeft      int        `db:"tap_left"`
	Now          time.Time  `db:"now"`
}

const customerColumns = `
	u.id, u.data_key, u.openid, u.following, u.message_until, u.message_left, u.tap_until, u.tap_left, clock_timestamp() as now`

func (r allowanceRow) allowance() conversation.Allowance {
	a := conversation.Allowance{MessageLeft: r.MessageLeft, TapLeft: r.TapLeft}
	if r.MessageUntil != nil {
		a.MessageUntil = *r.MessageUntil
	}
	if r.TapUntil != nil {
		a.TapUntil = *r.TapUntil
	}
	return a
}

// lockCustomer finds and locks the customer's row, if there is one.
func (r *reception) lockCustomer(ctx context.Context) error {
	const query = `
		select ` + customerColumns + `, a.idle_close_ms, coalesce(b.kind, '') as bot_kind
		from customers u
		join accounts a on a.tenant = u.tenant and a.id = u.account_id
		left join bots b on b.tenant = a.tenant and b.id = a.bot_id
		where u.tenant = $1 and u.account_id = $2 and u.customer_key = $3
		for no key update of u`
	var row customerRow
	err := r.tx.GetContext(ctx, &row, query, r.in.Tenant, r.in.AccountID, r.in.CustomerKey)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	r.customer = &row
	return err
}

// makeCustomer makes the row of a customer who writes for the first time, and locks it. Where another transaction was
// faster, what was read without that lock is stale.
func (r *reception) makeCustomer(ctx context.Context, openID string) error {
	id := newID()
	seal, dataKey, err := r.db.newCustomerSeal(r.in.Tenant, id)
	if err != nil {
		return err
	}
	const insert = `
		insert into customers (tenant, id, account_id, customer_key, data_key, openid) values ($1, $2, $3, $4, $5, $6)
		on conflict (tenant, account_id, customer_key) do nothing`
	made, err := affected(r.tx.ExecContext(ctx, insert, r.in.Tenant, id, r.in.AccountID, r.in.CustomerKey, dataKey, seal.sealOpenID(openID)))
	if err == nil && made == 0 {
		err = errAgain
	}
	if err != nil {
		return err
	}
	return r.lockCustomer(ctx)
}

// writeMessages writes the new messages and their receipts, and what they change about customer and conversation: the numbers that
// are given, and the reply allowance that is opened. A key that is taken was taken in the meantime, which happens only where no
// customer's lock protects: before the customer's first message.
func (r *reception) writeMessages(ctx context.Context) error {
	if len(r.fresh) == 0 {
		return nil
	}
	if err := r.readyConversation(ctx); err != nil {
		return err
	}
	m, err := r.messages()
	if err != nil {
		return err
	}
	allowance, following := r.customer.allowance(), r.customer.Following
	for _, i := range r.fresh {
		allowance = allowance.Opened(r.in.Arrivals[i].Trigger, r.customer.Now)
		following = following || r.in.Arrivals[i].Follow == callback.Followed
	}
	const insert = `
		with arrived as (
			select * from unnest($6::uuid[], $7::text[], $8::bytea[], $9::bool[], $10::bool[], $11::timestamptz[],
				$12::text[], $13::uuid[], $14::text[], $15::timestamptz[], $21::bool[], $22::text[]) with ordinality
				as a (id, kind, body, stale, echo, said_at, message_key, delivery_id, fingerprint, received_at, wants_answer, traceparent, n)),
		said as (
			insert into messages (tenant, id, conversation_id, seq, author, kind, body, stale, echo, said_at, wants_answer, traceparent)
			select $1, id, $3, $5 + n, 'customer', kind, body, stale, echo, said_at, wants_answer, traceparent from arrived),
		numbered as (
			update conversations set last_seq = $5 + (select count(*) from arrived), last_customer_at = now()
			where tenant = $1 and id = $3),
		opened as (
			update customers set following = $16, message_until = $17, message_left = $18, tap_until = $19, tap_left = $20
			where tenant = $1 and id = $4)
		insert into receipts (tenant, account_id, message_key, conversation_id, delivery_id, fingerprint, message_id, outcome, received_at)
		select $1, $2, message_key, $3, delivery_id, fingerprint, id, 'new', received_at from arrived` + takeKey
	written, err := affected(r.tx.ExecContext(ctx, insert, r.in.Tenant, r.in.AccountID, r.in.Conversation, r.customer.ID, r.conversation.LastSeq,
		pq.Array(m.ids), pq.Array(m.kinds), m.bodies, pq.Array(m.stale), pq.Array(m.echo), pq.Array(m.saidAt),
		pq.Array(m.keys), pq.Array(m.deliveries), pq.Array(m.fingerprints), pq.Array(m.receivedAt),
		following, orNull(allowance.MessageUntil), allowance.MessageLeft, orNull(allowance.TapUntil), allowance.TapLeft,
		pq.Array(m.wants), pq.Array(m.traces)))
	if err == nil && written != int64(len(r.fresh)) {
		err = errAgain
	}
	r.conversation.LastSeq += int64(len(r.fresh))
	return err
}

// readyConversation sees to it that customer and conversation have their rows.
func (r *reception) readyConversation(ctx context.Context) error {
	if r.customer == nil {
		if err := r.makeCustomer(ctx, r.in.Arrivals[r.fresh[0]].OpenID); err != nil {
			return err
		}
	}
	if r.conversation == nil {
		return r.begin(ctx)
	}
	return nil
}

// newMessages are new messages with their receipts, column by column, so that one statement takes however many there are.
type newMessages struct {
	ids                []conversation.MessageID
	kinds              []string
	bodies             pq.ByteaArray
	stale, echo, wants []bool // wants an answer
	saidAt, receivedAt []*time.Time
	keys, deliveries   []string
	traces             []string
	fingerprints       []*string
}

// messages seals the new messages, and numbers them. A bot is asked about them only where it holds the conversation and keeps it.
func (r *reception) messages() (m newMessages, err error) {
	seal, err := r.db.customerSeal(r.in.Tenant, string(r.customer.ID), r.customer.DataKey)
	if err != nil {
		return m, err
	}
	bot := r.conversation.Holder == conversation.HolderBot && !r.conversation.any() && !r.leaves()
	for n, i := range r.fresh {
		a, receipt := r.in.Arrivals[i], r.verdicts[i].receipt
		seq := r.conversation.LastSeq + int64(n) + 1
		receipt.Seq = &seq
		sealed, err := seal.sealBody(string(*receipt.MessageID), body{Text: a.Text, Fields: a.Fields})
		if err != nil {
			return m, err
		}
		m.ids, m.kinds, m.bodies = append(m.ids, *receipt.MessageID), append(m.kinds, a.Kind), append(m.bodies, sealed)
		m.stale, m.echo, m.saidAt = append(m.stale, a.Stale), append(m.echo, a.Echo), append(m.saidAt, orNull(a.SaidAt))
		m.wants, m.traces = append(m.wants, bot && a.WantsAnswer()), append(m.traces, a.Traceparent)
		m.keys, m.deliveries = append(m.keys, receipt.MessageKey), append(m.deliveries, receipt.DeliveryID)
		m.fingerprints, m.receivedAt = append(m.fingerprints, receipt.Fingerprint), append(m.receivedAt, &receipt.ReceivedAt)
	}
	return m, nil
}

// orNull is nil for the zero time.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// writeNotes keeps unfollows: as events, and in the customer's row where there is one.
func (r *reception) writeNotes(ctx context.Context) error {
	for _, i := range r.notes {
		a := r.in.Arrivals[i]
		written, err := affected(r.tx.NamedExecContext(ctx, insertReceipts+takeKey, r.verdicts[i].receipt))
		if err == nil && written != 1 {
			err = errAgain
		}
		if err != nil {
			return err
		}
		if err := r.db.insertEvent(ctx, r.tx, callback.Event{
			Tenant: r.in.Tenant, AccountID: r.in.AccountID, MessageKey: a.MessageKey, Kind: a.Kind,
			CustomerKey: r.in.CustomerKey, Body: a.Fields, ReceivedAt: a.ReceivedAt,
		}); err != nil {
			return err
		}
		if i < r.followed {
			continue // and followed again since
		}
		const update = `update customers set following = false where tenant = $1 and account_id = $2 and customer_key = $3`
		if _, err := r.tx.ExecContext(ctx, update, r.in.Tenant, r.in.AccountID, r.in.CustomerKey); err != nil {
			return err
		}
	}
	return nil
}

// writeQuarantine keeps what cannot be read, and what says something else than the message with its key.
func (r *reception) writeQuarantine(ctx context.Context) error {
	for _, i := range r.unreadable {
		a := r.in.Arrivals[i]
		u := callback.Unreadable{
			Tenant: r.in.Tenant, AccountID: r.in.AccountID, DeliveryID: a.DeliveryID, Reason: a.Quarantine, KeyID: a.KeyID,
			Raw: []byte(a.Ciphertext), ReceivedAt: a.ReceivedAt,
		}
		if a.Quarantine == "" {
			plain, err := json.Marshal(body{Text: a.Text, Fields: a.Fields})
			if err != nil {
				return fmt.Errorf("encode callback %s: fields are not JSON", a.DeliveryID)
			}
			u.Reason, u.Raw = callback.OtherContent, plain
			fresh, err := r.db.firstOfItsKind(ctx, r.tx, u, a.Fingerprint)
			if err != nil {
				return err
			}
			if !fresh {
				continue
			}
		}
		if err := r.db.insertQuarantine(ctx, r.tx, u, a.MessageKey, r.in.Conversation); err != nil {
			return err
		}
		receipt := r.verdicts[i].receipt
		if receipt.DeliveryID != a.DeliveryID || receipt.Outcome != callback.ReceiptQuarantined {
			continue // the key is another callback's
		}
		if _, err := r.tx.NamedExecContext(ctx, insertReceipts+` on conflict do nothing`, receipt); err != nil {
			return err
		}
	}
	return nil
}
