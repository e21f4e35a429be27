package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// Why a delivery did not end as sent, where it was not WeChat who said so. Stable: the desk and tests read them.
const (
	reasonSuperseded = "superseded-by-person"
	reasonClosed     = "conversation-closed"
	reasonAnswerLost = conversation.ReasonAnswerLost
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
		if err := closeConversation(ctx, r.tx, lost, conversation.ClosedSuperseded); err != nil {
			return err
		}
	}
	row := conversationRow{
		ID: r.in.Conversation, AccountID: r.in.AccountID,
		State: conversation.StateActive, Holder: conversation.HolderBot, Epoch: 1, Revision: 1,
	}
	if r.customer.BotKind == "" {
		row.State, row.Holder = conversation.StateOpen, conversation.HolderQueue
		row.HandOver, row.Turn = conversation.EscalatedNoBot, *r.verdicts[r.fresh[0]].receipt.MessageID
	}
	const insert = `
		insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, epoch, last_seq, waiting_since,
			hand_over, hand_over_turn, wished_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 0, case when $7 = 'queue' then now() end,
			nullif($9, ''), nullif($10, '')::uuid, case when $9 <> '' then now() end)`
	_, err := r.tx.ExecContext(ctx, insert, r.in.Tenant, row.ID, row.AccountID, r.customer.ID, r.in.WorkflowID,
		row.State, row.Holder, row.Epoch, string(row.HandOver), string(row.Turn))
	r.conversation, r.begun = &row, true
	return err
}

// CloseConversation ends it: state closed, epoch raised, unsent messages failed ("conversation-closed"); one that is
// being sent is left to its attempt. Its work item is done, its assignment ended or the offer withdrawn, which may give
// capacity back. The reason is the one that was wished; why counts where none was. Where it waited or who had it stays to be
// read. Repeated it changes nothing. A conversation without a row stays without.
func (db *DB) CloseConversation(ctx context.Context, c conversation.Ref, why conversation.CloseReason) error {
	return db.inTx(ctx, "close conversation "+string(c.Conversation), func(tx *sqlx.Tx) error {
		return closeConversation(ctx, tx, c, why)
	})
}

func closeConversation(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, why conversation.CloseReason) error {
	const update = `
		update conversations set state = 'closed', closed_at = now(), close_reason = coalesce(ending, $3), epoch = epoch + 1, since = now(),
			waiting_since = null, wait_until = null
		where tenant = $1 and id = $2 and state <> 'closed'`
	closed, err := affected(tx.ExecContext(ctx, update, c.Tenant, c.Conversation, why))
	if err != nil || closed == 0 {
		return err
	}
	const fail = `
		with unanswered as (
			update messages set wants_answer = false where tenant = $1 and conversation_id = $2 and wants_answer)
		update deliveries set status = 'failed', reason = $3, updated_at = now()
		where tenant = $1 and conversation_id = $2 and status = 'queued'`
	if _, err = tx.ExecContext(ctx, fail, c.Tenant, c.Conversation, reasonClosed); err != nil {
		return err
	}
	if err := endWork(ctx, tx, c); err != nil {
		return err
	}
	_, err = changed(ctx, tx, c, "")
	return err
}

// endWork ends what a conversation still asks of people.
func endWork(ctx context.Context, tx *sqlx.Tx, c conversation.Ref) error {
	const item = `update work_items set state = 'done' where tenant = $1 and conversation_id = $2 and state <> 'done'`
	if _, err := tx.ExecContext(ctx, item, c.Tenant, c.Conversation); err != nil {
		return err
	}
	const live = `
		select id, agent_id, how, state from assignments
		where tenant = $1 and conversation_id = $2 and state in ('offered', 'accepted') for no key update`
	var rows []*talkAssignment
	if err := tx.SelectContext(ctx, &rows, live, c.Tenant, c.Conversation); err != nil || len(rows) == 0 {
		return err
	}
	const agent = `select from agents where tenant = $1 and id = $2 for no key update`
	if _, err := tx.ExecContext(ctx, agent, c.Tenant, rows[0].Agent); err != nil {
		return err
	}
	end := "ended"
	if rows[0].offered() {
		end = "withdrawn"
	}
	return letGo(ctx, tx, c, rows[0], end)
}
