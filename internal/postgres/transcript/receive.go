package transcript

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/callback"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/intake"
	"wxdesk/internal/postgres/standing"
)

// Receive writes a batch of arrivals of one customer and their receipts, in order, in one transaction under the lock of
// the customer's row. What becomes of each:
//
//   - A known message key is a repeat and changes nothing. If this very delivery made it known, in this conversation,
//     the answer is the same as then.
//   - Known with other content: quarantine; the first stays.
//   - Unreadable: quarantine. Its key stays free for a readable callback with the same key.
//   - An unfollow is noted, and begins no conversation. It wishes the end of one that is open, unless the customer follows
//     again later in the batch.
//   - Everything else becomes a message with the next number, and opens its reply allowance.
//
// The conversation's row comes with its first message: held by the account's bot, or by nobody if the account has none
// (holder queue, in no queue yet: a hand-over is wished). It closes a row of the customer that a lost run left open. New
// messages bring a conversation back that an agent has put aside or is wrapping up. If there are new messages and the end is
// wished or the row is closed, nothing is written: Result.Ending says that the arrivals are the next conversation's.
func (db *DB) Receive(ctx context.Context, in callback.Batch) (callback.Result, error) {
	return postgres.Transact(ctx, db.pool, "receive for conversation "+string(in.Conversation), func(tx *postgres.Tx) (callback.Result, error) {
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
	tx *postgres.Tx
	in callback.Batch

	customer     *standing.CustomerRow // nil while there is none
	conversation *conversationRow      // nil while there is none
	begun        bool                  // just now
	known        map[string]*intake.Receipt
	verdicts     []verdict // one for each arrival

	fresh, notes, unreadable []int // indices of arrivals, in order
	followed, unfollowed     int   // indices of the last arrivals that are written and say so; -1: none
	ending                   bool  // there are new messages, and the conversation ends: nothing is written
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
			select c.id, c.account_id, c.state, c.holder, c.queue_id, c.agent_id, c.epoch, c.revision, c.last_seq, ` + standing.WishColumns + `
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
		Known []byte `db:"known"` // null if none is
	}
	if err := r.tx.GetContext(ctx, &row, query, r.in.Tenant, r.in.AccountID, pq.Array(keys), r.in.Conversation); err != nil {
		return err
	}
	if row.ID != "" {
		r.conversation = &row.conversationRow
	}
	var known []*intake.Receipt
	if row.Known != nil {
		if err := json.Unmarshal(row.Known, &known); err != nil {
			return fmt.Errorf("decode receipts: %w", err)
		}
	}
	r.known = map[string]*intake.Receipt{}
	for _, k := range known {
		r.known[k.MessageKey] = k
	}
	return nil
}

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
	got.Situation, err = standing.ReadSituation(ctx, r.tx, r.in.Ref)
	return got, err
}
