package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
)

// Receive writes a batch of arrivals of one customer and their receipts, in order, in one transaction under the lock of
// the customer's row. What becomes of each:
//
//   - A known message key is a repeat and changes nothing. Where this very delivery made it known, in this conversation,
//     the answer is the same as then.
//   - Known with other content: quarantine; the first stays.
//   - Unreadable: quarantine. Its key stays free for a readable callback with the same key.
//   - An unfollow is noted, and begins no conversation. It wishes the end of one that is open, unless the customer follows
//     again later in the batch.
//   - Everything else becomes a message with the next number, and opens its reply allowance.
//
// The conversation's row comes with its first message: held by the account's bot, or by nobody where the account has none
// (holder queue, in no queue yet: people are wished). It closes a row of the customer that a lost run left open. New messages
// bring a conversation back that an agent has put aside or is wrapping up. Where there are new messages and the end is wished
// or the row is closed, nothing is written: Received.Ending says that the arrivals are the next conversation's.
func (db *DB) Receive(ctx context.Context, in callback.Batch) (callback.Result, error) {
	return transact(ctx, db, "receive for conversation "+string(in.Conversation), func(tx *transaction) (callback.Result, error) {
		r := &reception{db: db, tx: tx, in: in}
		for _, step := range []func(context.Context) error{r.lockCustomer, r.lockConversation, r.judge, r.write} {
			if err := step(ctx); err != nil {
				return callback.Result{}, err
			}
		}
		return r.received(ctx)
	})
}

// reception is one Receive under way.
type reception struct {
	db *DB
	tx *transaction
	in callback.Batch

	customer     *customerRow     // nil while there is none
	conversation *conversationRow // nil while there is none
	begun        bool             // just now
	known        map[string]*receiptRow
	verdicts     []verdict // one for each arrival

	fresh, notes, unreadable []int // indices of arrivals, in order
	followed, unfollowed     int   // indices of the last arrivals that are written and say so; -1: none
	ending                   bool  // there are new messages, and the conversation ends: nothing is written
}

// receiptRow is a receipt, with the number of its message where it has one.
type receiptRow struct {
	Tenant       conversation.Tenant     `db:"tenant" json:"-"`
	AccountID    conversation.AccountID  `db:"account_id" json:"-"`
	MessageKey   string                  `db:"message_key" json:"message_key"`
	Conversation *conversation.ID        `db:"conversation_id" json:"conversation_id"`
	DeliveryID   string                  `db:"delivery_id" json:"delivery_id"`
	Fingerprint  *string                 `db:"fingerprint" json:"fingerprint"`
	MessageID    *conversation.MessageID `db:"message_id" json:"message_id"`
	Outcome      callback.ReceiptOutcome `db:"outcome" json:"outcome"`
	ReceivedAt   time.Time               `db:"received_at" json:"-"`
	Seq          *int64                  `db:"seq" json:"seq"`
}

type verdict struct {
	outcome callback.ReceiptOutcome
	receipt *receiptRow // of the message key
	write   bool        // false where all is written already
}

// lockConversation finds and locks the conversation's row, if there is one, and reads which of the message keys are known.
func (r *reception) lockConversation(ctx context.Context) error {
	keys := make([]string, len(r.in.Arrivals))
	for i, a := range r.in.Arrivals {
		keys[i] = a.MessageKey
	}
	// The keys stand in a select of their own, so that their number does not count for the plan, which is then made once.
	const query = `
		with locked as (
			select c.id, c.account_id, c.state, c.holder, c.queue_id, c.agent_id, c.epoch, c.revision, c.last_seq, ` + wishColumns + `
			from conversations c where c.tenant = $1 and c.id = $4 for no key update)
		select coalesce(l.id::text, '') as id, coalesce(l.account_id::text, '') as account_id, coalesce(l.state, '') as state,
			coalesce(l.holder, '') as holder, l.queue_id, l.agent_id, coalesce(l.epoch, 0) as epoch, coalesce(l.revision, 0) as revision,
			coalesce(l.last_seq, 0) as last_seq, coalesce(l.hand_over, '') as hand_over, coalesce(l.hand_over_turn, '') as hand_over_turn,
			coalesce(l.hand_over_queue, '') as hand_over_queue, coalesce(l.ending, '') as ending,
			(select json_agg(known) from (
				select r.message_key, r.conversation_id, r.delivery_id, r.fingerprint, r.message_id, r.outcome, m.seq
				from receipts r left join messages m on m.tenant = r.tenant and m.id = r.message_id
				where r.tenant = $1 and r.account_id = $2 and r.message_key = any((select $3::text[])::text[])) known) as known
		from (values (1)) one left join locked l on true`
	var row struct {
		conversationRow
		Known []byte `db:"known"` // null where none is
	}
	if err := r.tx.GetContext(ctx, &row, query, r.in.Tenant, r.in.AccountID, pq.Array(keys), r.in.Conversation); err != nil {
		return err
	}
	if row.ID != "" {
		r.conversation = &row.conversationRow
	}
	var known []*receiptRow
	if row.Known != nil {
		if err := json.Unmarshal(row.Known, &known); err != nil {
			return fmt.Errorf("decode receipts: %w", err)
		}
	}
	r.known = map[string]*receiptRow{}
	for _, k := range known {
		r.known[k.MessageKey] = k
	}
	return nil
}

// judge decides on each arrival and lists what is to be written. What it lists is known to the arrivals after it.
func (r *reception) judge(context.Context) error {
	r.followed, r.unfollowed = -1, -1
	for i, a := range r.in.Arrivals {
		v := r.verdictOn(a)
		r.verdicts = append(r.verdicts, v)
		switch {
		case !v.write:
		case v.outcome == callback.ReceiptNew:
			r.fresh = append(r.fresh, i)
			if a.Follow == callback.Followed {
				r.followed = i
			}
		case v.outcome == callback.ReceiptNoted:
			r.notes, r.unfollowed = append(r.notes, i), i
		case v.outcome == callback.ReceiptQuarantined:
			r.unreadable = append(r.unreadable, i)
		}
	}
	c := r.conversation
	r.ending = len(r.fresh) > 0 && c != nil && (c.State == conversation.StateClosed || c.Ending != "")
	return nil
}

// leaves reports whether the customer has unfollowed, and not followed again since.
func (r *reception) leaves() bool { return r.unfollowed > r.followed }

// write writes what was judged, unless the conversation ends.
func (r *reception) write(ctx context.Context) error {
	if r.ending {
		return nil
	}
	for _, step := range []func(context.Context) error{
		r.writeMessages, r.moveStanding, r.writeNotes, r.wishEnd, r.writeQuarantine, r.leaveQuarantine,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// verdictOn judges one arrival. A key whose callback could not be read is not settled: a readable one may still take it.
func (r *reception) verdictOn(a callback.Arrival) verdict {
	known := r.known[a.MessageKey]
	settled := known != nil && known.Outcome != callback.ReceiptQuarantined
	unreadable := a.Quarantine != ""
	switch {
	case known != nil && known.answers(a, r.in.Conversation):
		return verdict{outcome: known.Outcome, receipt: known}
	case settled && !unreadable && !known.differs(a), known != nil && !settled && unreadable:
		return verdict{outcome: callback.ReceiptRepeat, receipt: known}
	case settled:
		return verdict{outcome: callback.ReceiptQuarantined, receipt: known, write: true}
	case unreadable:
		return r.learn(a, callback.ReceiptQuarantined)
	case a.Follow == callback.Unfollowed:
		return r.learn(a, callback.ReceiptNoted)
	}
	return r.learn(a, callback.ReceiptNew)
}

// answers reports whether the receipt was written for this very delivery. A message belongs to one conversation: to
// another one the same delivery is a repeat.
func (r *receiptRow) answers(a callback.Arrival, c conversation.ID) bool {
	switch {
	case r.DeliveryID != a.DeliveryID:
		return false
	case r.Outcome == callback.ReceiptQuarantined:
		return a.Quarantine != "" // else it could not be read then, and can be now
	}
	return r.Outcome != callback.ReceiptNew || r.Conversation != nil && *r.Conversation == c
}

// differs reports whether the receipt is known to be for other content.
func (r *receiptRow) differs(a callback.Arrival) bool {
	return r.Fingerprint != nil && *r.Fingerprint != a.Fingerprint
}

// learn makes the receipt of an arrival that is to be written.
func (r *reception) learn(a callback.Arrival, outcome callback.ReceiptOutcome) verdict {
	row := &receiptRow{
		Tenant: r.in.Tenant, AccountID: r.in.AccountID, MessageKey: a.MessageKey, DeliveryID: a.DeliveryID,
		Outcome: outcome, ReceivedAt: a.ReceivedAt,
	}
	if a.Fingerprint != "" {
		row.Fingerprint = &a.Fingerprint
	}
	if outcome == callback.ReceiptNew {
		id := conversation.MessageID(newID())
		row.Conversation, row.MessageID = &r.in.Conversation, &id
	}
	r.known[a.MessageKey] = row
	return verdict{outcome: outcome, receipt: row, write: true}
}

func (r *reception) received(ctx context.Context) (callback.Result, error) {
	got := callback.Result{Ending: r.ending, Begun: r.conversation != nil}
	if r.customer != nil {
		got.IdleClose = time.Duration(r.customer.IdleCloseMS) * time.Millisecond
		got.Bot = r.customer.BotKind
	}
	for _, v := range r.verdicts {
		if r.ending {
			break
		}
		receipt := callback.Receipt{Outcome: v.outcome}
		if v.outcome == callback.ReceiptNew {
			receipt.MessageID = *v.receipt.MessageID
			if v.receipt.Seq != nil { // nil once retention has taken the message
				receipt.Seq = *v.receipt.Seq
			}
		}
		got.Receipts = append(got.Receipts, receipt)
	}
	if r.conversation == nil {
		return got, nil
	}
	var err error
	got.Situation, err = readSituation(ctx, r.tx, r.in.Ref)
	return got, err
}
