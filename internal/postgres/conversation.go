package postgres

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/lifecycle"
)

// Why a delivery did not end as sent, where neither WeChat nor the rule book said so. Stable: the desk and tests read them.
const (
	reasonAnswerLost = delivery.ReasonAnswerLost
	reasonWindow     = "reply-window-closed"
	reasonDisabled   = "account-disabled" // or deleted
	reasonUnreadable = "unreadable"       // the text, the customer's key or the account's secret does not open
)

// conversationRow is a conversation with what its changes need.
type conversationRow struct {
	ID        conversation.ID        `db:"id"`
	AccountID conversation.AccountID `db:"account_id"`
	State     conversation.State     `db:"state"`
	Holder    conversation.Holder    `db:"holder"`
	QueueID   *conversation.QueueID  `db:"queue_id"`
	AgentID   *conversation.AgentID  `db:"agent_id"`
	Epoch     conversation.Epoch     `db:"epoch"`
	Revision  int64                  `db:"revision"`
	LastSeq   int64                  `db:"last_seq"`
	wish
}

// begin makes the conversation's row, after closing one that a lost run left open. Without a bot people are wished with it.
func (r *reception) begin(ctx context.Context) error {
	const query = `select id from conversations where tenant = $1 and account_id = $2 and customer_id = $3 and state <> 'closed'`
	var left []conversation.ID
	if err := r.tx.SelectContext(ctx, &left, query, r.in.Tenant, r.in.AccountID, r.customer.ID); err != nil {
		return err
	}
	for _, id := range left {
		lost := conversation.Ref{Tenant: r.in.Tenant, Conversation: id}
		if err := r.db.follow(ctx, r.tx, lost, ending(conversation.ClosedSuperseded)); err != nil {
			return err
		}
	}
	noBot := r.customer.BotKind == ""
	l := &locked{db: r.db, tx: r.tx, ref: r.in.Ref, now: r.customer.Now, Snapshot: lifecycle.Begun(r.customer.Now, noBot)}
	change := lifecycle.Wrote(l.now, l.Snapshot, lifecycle.Written{Begun: true, NoBot: noBot, Lines: r.lines()})
	s := l.After(change)
	const insert = `
		insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, epoch, revision, last_seq, waiting_since,
			hand_over, hand_over_turn, wished_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, nullif($11, ''), nullif($12, '')::uuid, case when $11 <> '' then now() end)`
	if _, err := r.tx.ExecContext(ctx, insert, r.in.Tenant, r.in.Conversation, r.in.AccountID, r.customer.ID, r.in.WorkflowID,
		s.State, s.Holder, s.Epoch, s.Revision, orNull(s.WaitingSince), string(s.Wishes.HandOver), string(s.Wishes.Turn)); err != nil {
		return err
	}
	r.begun, r.conversation = true, &conversationRow{
		ID: r.in.Conversation, AccountID: r.in.AccountID, State: s.State, Holder: s.Holder, Epoch: s.Epoch, Revision: s.Revision,
		wish: wish{HandOver: s.Wishes.HandOver, Turn: s.Wishes.Turn},
	}
	return l.publish(ctx, change)
}

// CloseConversation ends it: state closed, epoch raised, unsent messages failed ("conversation-closed"); one that is
// being sent is left to its attempt. Its work item is done, its assignment ended or the offer withdrawn, which may give
// capacity back. The reason is the one that was wished; why counts where none was. Where it waited or who had it stays to be
// read. See lifecycle.End for what it leaves alone. A conversation without a row stays without, and stands nowhere.
func (db *DB) CloseConversation(ctx context.Context, c conversation.Ref, why conversation.CloseReason) (conversation.Situation, error) {
	return transact(ctx, db, "close conversation "+string(c.Conversation), func(tx *transaction) (conversation.Situation, error) {
		err := db.follow(ctx, tx, c, ending(why))
		if errors.Is(err, sql.ErrNoRows) {
			return conversation.Situation{}, nil
		}
		if err != nil {
			return conversation.Situation{}, err
		}
		return readSituation(ctx, tx, c)
	})
}

// ending is the rule that ends a conversation.
func ending(why conversation.CloseReason) func(time.Time, lifecycle.Snapshot) lifecycle.Change {
	return func(now time.Time, s lifecycle.Snapshot) lifecycle.Change { return lifecycle.End(now, s, why) }
}
