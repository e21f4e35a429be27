package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"wxdesk/internal/conversation"
)

// insertReceipts takes receiptRows; what it does on a conflict follows.
const insertReceipts = `
	insert into receipts (tenant, account_id, message_key, conversation_id, delivery_id, fingerprint, message_id, outcome, received_at)
	values (:tenant, :account_id, :message_key, :conversation_id, :delivery_id, :fingerprint, :message_id, :outcome, :received_at)`

// customerRow is a customer with what Receive needs.
type customerRow struct {
	ID        conversation.CustomerID `db:"id"`
	DataKey   []byte                  `db:"data_key"`
	OpenID    []byte                  `db:"openid"`
	Following bool                    `db:"following"`
	allowanceRow
}

// allowanceRow is a customer's reply allowance, and Postgres's time to judge it by.
type allowanceRow struct {
	MessageUntil *time.Time `db:"message_until"`
	MessageLeft  int        `db:"message_left"`
	TapUntil     *time.Time `db:"tap_until"`
	TapLeft      int        `db:"tap_left"`
	Now          time.Time  `db:"now"`
}

const customerColumns = `id, data_key, openid, following, message_until, message_left, tap_until, tap_left, clock_timestamp() as now`

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
	const query = `select ` + customerColumns + ` from customers
		where tenant = $1 and account_id = $2 and customer_key = $3 for no key update`
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

// writeMessages writes the new messages and their receipts, and what they change about customer and conversation.
func (r *reception) writeMessages(ctx context.Context) error {
	if len(r.fresh) == 0 {
		return nil
	}
	if r.conversation != nil && r.conversation.State == conversation.StateClosed {
		return conversation.ErrClosed
	}
	if r.customer == nil {
		if err := r.makeCustomer(ctx, r.in.Arrivals[r.fresh[0]].OpenID); err != nil {
			return err
		}
	}
	last, err := r.number(ctx, len(r.fresh))
	if err != nil {
		return err
	}
	messages, receipts, err := r.rows(last)
	if err != nil {
		return err
	}
	if _, err := r.tx.NamedExecContext(ctx, insertMessages, messages); err != nil {
		return err
	}
	if err := r.takeKeys(ctx, receipts); err != nil {
		return err
	}
	return r.updateCustomer(ctx)
}

// takeKeys writes receipts; a key whose callback could not be read goes to the readable one. A key that is taken was
// taken in the meantime, which happens only where no customer's lock protects: before the customer's first message.
func (r *reception) takeKeys(ctx context.Context, receipts []*receiptRow) error {
	const insert = insertReceipts + `
		on conflict (tenant, account_id, message_key) do update
		set conversation_id = excluded.conversation_id, delivery_id = excluded.delivery_id, fingerprint = excluded.fingerprint,
			message_id = excluded.message_id, outcome = excluded.outcome, received_at = excluded.received_at
		where receipts.outcome = 'quarantined'`
	written, err := affected(r.tx.NamedExecContext(ctx, insert, receipts))
	if err == nil && written != int64(len(receipts)) {
		err = errAgain
	}
	return err
}

// rows are the new messages, numbered up to last, and their receipts.
func (r *reception) rows(last int64) (messages []messageRow, receipts []*receiptRow, err error) {
	seal, err := r.db.customerSeal(r.in.Tenant, string(r.customer.ID), r.customer.DataKey)
	if err != nil {
		return nil, nil, err
	}
	for n, i := range r.fresh {
		a, receipt := r.in.Arrivals[i], r.verdicts[i].receipt
		seq := last - int64(len(r.fresh)-1-n)
		receipt.Seq = &seq
		row := messageRow{
			Tenant: r.in.Tenant, ID: *receipt.MessageID, Conversation: r.in.Conversation, Seq: seq,
			Author: conversation.AuthorCustomer, Kind: a.Kind, Stale: a.Stale, Echo: a.Echo,
		}
		if !a.SaidAt.IsZero() {
			row.SaidAt = &a.SaidAt
		}
		if row.Body, err = seal.sealBody(string(row.ID), body{Text: a.Text, Fields: a.Fields}); err != nil {
			return nil, nil, err
		}
		messages, receipts = append(messages, row), append(receipts, receipt)
	}
	return messages, receipts, nil
}

// updateCustomer opens the reply allowance that the new messages open.
func (r *reception) updateCustomer(ctx context.Context) error {
	if !r.changesCustomer() {
		return nil
	}
	allowance, following := r.customer.allowance(), r.customer.Following
	for _, i := range r.fresh {
		allowance = allowance.Opened(r.in.Arrivals[i].Trigger, r.customer.Now)
		following = following || r.in.Arrivals[i].Follow == conversation.Followed
	}
	const update = `
		update customers set following = $3, message_until = $4, message_left = $5, tap_until = $6, tap_left = $7
		where tenant = $1 and id = $2`
	_, err := r.tx.ExecContext(ctx, update, r.in.Tenant, r.customer.ID, following,
		orNull(allowance.MessageUntil), allowance.MessageLeft, orNull(allowance.TapUntil), allowance.TapLeft)
	return err
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
		if err := r.takeKeys(ctx, []*receiptRow{r.verdicts[i].receipt}); err != nil {
			return err
		}
		if err := r.db.insertEvent(ctx, r.tx, conversation.Event{
			Tenant: r.in.Tenant, AccountID: r.in.AccountID, MessageKey: a.MessageKey, Kind: a.Kind,
			CustomerKey: r.in.CustomerKey, Body: a.Fields, ReceivedAt: a.ReceivedAt,
		}); err != nil {
			return err
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
		u := conversation.Unreadable{
			Tenant: r.in.Tenant, AccountID: r.in.AccountID, DeliveryID: a.DeliveryID, Reason: a.Quarantine, KeyID: a.KeyID,
			Raw: []byte(a.Ciphertext), ReceivedAt: a.ReceivedAt,
		}
		if a.Quarantine == "" {
			plain, err := json.Marshal(body{Text: a.Text, Fields: a.Fields})
			if err != nil {
				return fmt.Errorf("encode callback %s: fields are not JSON", a.DeliveryID)
			}
			u.Reason, u.Raw = conversation.OtherContent, plain
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
		if receipt.DeliveryID != a.DeliveryID || receipt.Outcome != conversation.ReceiptQuarantined {
			continue // the key is another callback's
		}
		if _, err := r.tx.NamedExecContext(ctx, insertReceipts+` on conflict do nothing`, receipt); err != nil {
			return err
		}
	}
	return nil
}
