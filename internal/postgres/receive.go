package postgres

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wxdesk/internal/conversation"
)

// Receive writes a batch of arrivals of one customer and their receipts, in order, in one transaction under the lock of
// the customer's row. What becomes of each:
//
//   - A known message key is a repeat and changes nothing. Where this very delivery made it known, in this conversation,
//     the answer is the same as then.
//   - Known with other content: quarantine; the first stays.
//   - Unreadable: quarantine. Its key stays free for a readable callback with the same key.
//   - An unfollow is noted, and begins no conversation.
//   - Everything else becomes a message with the next number, and opens its reply allowance.
//
// The conversation's row comes with its first message: held by the account's bot, or by nobody where the account has none
// (holder queue, in no queue yet: see Enqueue). It closes a row of the customer that a lost run left open. New messages
// bring a conversation back that an agent has put aside or is wrapping up. ErrClosed when there are new messages
// and the conversation has ended; nothing is written then.
func (db *DB) Receive(ctx context.Context, in conversation.Batch) (conversation.Received, error) {
	return transact(ctx, db, "receive for conversation "+string(in.Conversation), func(tx *sqlx.Tx) (conversation.Received, error) {
		r := &reception{db: db, tx: tx, in: in}
		for _, step := range []func(context.Context) error{
			r.lockCustomer, r.readReceipts, r.lockConversation,
			r.judge, r.writeMessages, r.moveStanding, r.writeNotes, r.writeQuarantine, r.leaveQuarantine, r.readStanding,
		} {
			if err := step(ctx); err != nil {
				return conversation.Received{}, err
			}
		}
		return r.received(), nil
	})
}

// reception is one Receive under way.
type reception struct {
	db *DB
	tx *sqlx.Tx
	in conversation.Batch

	customer     *customerRow     // nil while there is none
	conversation *conversationRow // nil while there is none
	begun        bool             // just now
	standing     conversation.Standing
	known        map[string]*receiptRow
	verdicts     []verdict // one for each arrival

	fresh, notes, unreadable []int // indices of arrivals, in order
}

// receiptRow is a receipt, with the number of its message where it has one.
type receiptRow struct {
	Tenant       conversation.Tenant         `db:"tenant"`
	AccountID    conversation.AccountID      `db:"account_id"`
	MessageKey   string                      `db:"message_key"`
	Conversation *conversation.ID            `db:"conversation_id"`
	DeliveryID   string                      `db:"delivery_id"`
	Fingerprint  *string                     `db:"fingerprint"`
	MessageID    *conversation.MessageID     `db:"message_id"`
	Outcome      conversation.ReceiptOutcome `db:"outcome"`
	ReceivedAt   time.Time                   `db:"received_at"`
	Seq          *int64                      `db:"seq"`
}

type verdict struct {
	outcome conversation.ReceiptOutcome
	receipt *receiptRow // of the message key
	write   bool        // false where all is written already
}

func (r *reception) readReceipts(ctx context.Context) error {
	keys := make([]string, len(r.in.Arrivals))
	for i, a := range r.in.Arrivals {
		keys[i] = a.MessageKey
	}
	const query = `
		select r.tenant, r.account_id, r.message_key, r.conversation_id, r.delivery_id, r.fingerprint, r.message_id, r.outcome,
			r.received_at, m.seq
		from receipts r left join messages m on m.tenant = r.tenant and m.id = r.message_id
		where r.tenant = $1 and r.account_id = $2 and r.message_key = any($3)`
	var rows []*receiptRow
	if err := r.tx.SelectContext(ctx, &rows, query, r.in.Tenant, r.in.AccountID, pq.Array(keys)); err != nil {
		return err
	}
	r.known = map[string]*receiptRow{}
	for _, row := range rows {
		r.known[row.MessageKey] = row
	}
	return nil
}

// judge decides on each arrival and lists what is to be written. What it lists is known to the arrivals after it.
func (r *reception) judge(context.Context) error {
	for i, a := range r.in.Arrivals {
		v := r.verdictOn(a)
		r.verdicts = append(r.verdicts, v)
		switch {
		case !v.write:
		case v.outcome == conversation.ReceiptNew:
			r.fresh = append(r.fresh, i)
		case v.outcome == conversation.ReceiptNoted:
			r.notes = append(r.notes, i)
		case v.outcome == conversation.ReceiptQuarantined:
			r.unreadable = append(r.unreadable, i)
		}
	}
	return nil
}

// verdictOn judges one arrival. A key whose callback could not be read is not settled: a readable one may still take it.
func (r *reception) verdictOn(a conversation.Arrival) verdict {
	known := r.known[a.MessageKey]
	settled := known != nil && known.Outcome != conversation.ReceiptQuarantined
	unreadable := a.Quarantine != ""
	switch {
	case known != nil && known.answers(a, r.in.Conversation):
		return verdict{outcome: known.Outcome, receipt: known}
	case settled && !unreadable && !known.differs(a), known != nil && !settled && unreadable:
		return verdict{outcome: conversation.ReceiptRepeat, receipt: known}
	case settled:
		return verdict{outcome: conversation.ReceiptQuarantined, receipt: known, write: true}
	case unreadable:
		return r.learn(a, conversation.ReceiptQuarantined)
	case a.Follow == conversation.Unfollowed:
		return r.learn(a, conversation.ReceiptNoted)
	}
	return r.learn(a, conversation.ReceiptNew)
}

// answers reports whether the receipt was written for this very delivery. A message belongs to one conversation: to
// another one the same delivery is a repeat.
func (r *receiptRow) answers(a conversation.Arrival, c conversation.ID) bool {
	switch {
	case r.DeliveryID != a.DeliveryID:
		return false
	case r.Outcome == conversation.ReceiptQuarantined:
		return a.Quarantine != "" // else it could not be read then, and can be now
	}
	return r.Outcome != conversation.ReceiptNew || r.Conversation != nil && *r.Conversation == c
}

// differs reports whether the receipt is known to be for other content.
func (r *receiptRow) differs(a conversation.Arrival) bool {
	return r.Fingerprint != nil && *r.Fingerprint != a.Fingerprint
}

// learn makes the receipt of an arrival that is to be written.
func (r *reception) learn(a conversation.Arrival, outcome conversation.ReceiptOutcome) verdict {
	row := &receiptRow{
		Tenant: r.in.Tenant, AccountID: r.in.AccountID, MessageKey: a.MessageKey, DeliveryID: a.DeliveryID,
		Outcome: outcome, ReceivedAt: a.ReceivedAt,
	}
	if a.Fingerprint != "" {
		row.Fingerprint = &a.Fingerprint
	}
	if outcome == conversation.ReceiptNew {
		id := conversation.MessageID(newID())
		row.Conversation, row.MessageID = &r.in.Conversation, &id
	}
	r.known[a.MessageKey] = row
	return verdict{outcome: outcome, receipt: row, write: true}
}

func (r *reception) received() conversation.Received {
	var got conversation.Received
	if r.customer != nil {
		got.IdleClose = time.Duration(r.customer.IdleCloseMS) * time.Millisecond
		got.Bot = r.customer.BotKind
	}
	for _, v := range r.verdicts {
		receipt := conversation.Receipt{Outcome: v.outcome}
		if v.outcome == conversation.ReceiptNew {
			receipt.MessageID = *v.receipt.MessageID
			if v.receipt.Seq != nil { // nil once retention has taken the message
				receipt.Seq = *v.receipt.Seq
			}
		}
		got.Receipts = append(got.Receipts, receipt)
	}
	got.Begun, got.Standing = r.conversation != nil, r.standing
	return got
}
