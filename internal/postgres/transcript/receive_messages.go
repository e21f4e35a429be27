package transcript

import (
	"context"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/intake"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/sealing"
)

// writeMessages writes the new messages and their receipts, and what they change about customer and conversation: the numbers that
// are given, and the reply allowance that is opened. In a conversation that a bot has, it writes their events too. A key that is taken was taken in the meantime, which happens only if no
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
	events, err := notify.Encode(r.tx, r.botEvents())
	if err != nil {
		return err
	}
	allowance, following := r.customer.Allowance(), r.customer.Following
	tapBy, asks := "", false
	for _, i := range r.fresh {
		a := r.in.Arrivals[i]
		allowance = allowance.Opened(a.Trigger, r.customer.Now)
		following = following || a.Follow == callback.Followed
		asks = asks || a.WantsAnswer()
		if a.Trigger == conversation.TriggerTap {
			tapBy = a.Kind
		}
	}
	insert := `
		with arrived as (
			select * from unnest($6::uuid[], $7::text[], $8::bytea[], $9::bool[], $10::bool[], $11::timestamptz[],
				$12::text[], $13::uuid[], $14::text[], $15::timestamptz[], $21::bool[], $22::text[]) with ordinality
				as a (id, kind, body, stale, echo, said_at, message_key, delivery_id, fingerprint, received_at, wants_answer, traceparent, n)),
		said as (
			insert into messages (tenant, id, conversation_id, seq, author, kind, body, stale, echo, said_at, wants_answer, traceparent)
			select $1, id, $3, $5 + n, 'customer', kind, body, stale, echo, said_at, wants_answer, traceparent from arrived),
		numbered as (
			update conversations set last_seq = $5 + (select count(*) from arrived), last_customer_at = now(), active_at = now(),
				unanswered_since = case when $23 then coalesce(unanswered_since, now()) else unanswered_since end
			where tenant = $1 and id = $3),
		opened as (
			update customers set following = $16, message_until = $17, message_left = $18, tap_until = $19, tap_left = $20,
				tap_by = case when $24 <> '' then $24 else tap_by end
			where tenant = $1 and id = $4),
		told as (` + notify.Insert(`$25::jsonb`) + `)
		insert into receipts (tenant, account_id, message_key, conversation_id, delivery_id, fingerprint, message_id, outcome, received_at)
		select $1, $2, message_key, $3, delivery_id, fingerprint, id, 'new', received_at from arrived` + intake.TakeKey
	written, err := postgres.Affected(r.tx.ExecContext(ctx, insert, r.in.Tenant, r.in.AccountID, r.in.Conversation, r.customer.ID, r.conversation.LastSeq,
		pq.Array(m.ids), pq.Array(m.kinds), m.bodies, pq.Array(m.stale), pq.Array(m.echo), pq.Array(m.saidAt),
		pq.Array(m.keys), pq.Array(m.deliveries), pq.Array(m.fingerprints), pq.Array(m.receivedAt),
		following, postgres.OrNull(allowance.MessageUntil), allowance.MessageLeft, postgres.OrNull(allowance.TapUntil), allowance.TapLeft,
		pq.Array(m.wants), pq.Array(m.traces), asks, tapBy, events))
	if err == nil && written != int64(len(r.fresh)) {
		err = postgres.ErrAgain
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
	r.number(r.conversation.LastSeq)
	return nil
}

// number numbers the new messages, after the last number of the conversation.
func (r *reception) number(last int64) {
	for _, i := range r.fresh {
		last++
		r.verdicts[i].receipt.Seq = new(last)
	}
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

// messages seals the new messages. A bot is asked about them only if it holds the conversation and keeps it.
func (r *reception) messages() (m newMessages, err error) {
	seal, err := sealing.OpenCustomer(r.db.ring, r.in.Tenant, string(r.customer.ID), r.customer.DataKey)
	if err != nil {
		return m, err
	}
	bot := r.conversation.Holder == conversation.HolderBot && !r.conversation.Any() && !r.leaves()
	for _, i := range r.fresh {
		a, receipt := r.in.Arrivals[i], r.verdicts[i].receipt
		sealed, err := seal.SealBody(string(*receipt.MessageID), sealing.Body{Text: a.Text, Fields: a.Fields})
		if err != nil {
			return m, err
		}
		m.ids, m.kinds, m.bodies = append(m.ids, *receipt.MessageID), append(m.kinds, a.Kind), append(m.bodies, sealed)
		m.stale, m.echo, m.saidAt = append(m.stale, a.Stale), append(m.echo, a.Echo), append(m.saidAt, postgres.OrNull(a.SaidAt))
		m.wants, m.traces = append(m.wants, bot && a.WantsAnswer()), append(m.traces, a.Traceparent)
		m.keys, m.deliveries = append(m.keys, receipt.MessageKey), append(m.deliveries, receipt.DeliveryID)
		m.fingerprints, m.receivedAt = append(m.fingerprints, receipt.Fingerprint), append(m.receivedAt, &receipt.ReceivedAt)
	}
	return m, nil
}
