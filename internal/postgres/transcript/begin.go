package transcript

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/standing"
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
	standing.Wish
}

// begin makes the conversation's row, after closing one that a lost run left open. Without a bot a hand-over is wished with
// it.
func (r *reception) begin(ctx context.Context) error {
	const query = `select id from conversations where tenant = $1 and account_id = $2 and customer_id = $3 and state <> 'closed'`
	var left []conversation.ID
	if err := r.tx.SelectContext(ctx, &left, query, r.in.Tenant, r.in.AccountID, r.customer.ID); err != nil {
		return err
	}
	for _, id := range left {
		lost := conversation.Ref{Tenant: r.in.Tenant, Conversation: id}
		if err := r.db.standing.Follow(ctx, r.tx, lost, ending(conversation.ClosedSuperseded)); err != nil {
			return err
		}
	}
	r.number(0)
	noBot := r.customer.BotKind == ""
	l := r.db.standing.Fresh(r.tx, r.in.Ref, r.customer.Now, lifecycle.Begun(r.customer.Now, noBot))
	change := lifecycle.Wrote(l.Now, l.Snapshot, lifecycle.Written{Begun: true, NoBot: noBot, Lines: r.lines()})
	s := l.After(change)
	const insert = `
		insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, epoch, revision, last_seq, waiting_since,
			hand_over, hand_over_turn, wished_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, nullif($11, ''), nullif($12, '')::uuid, case when $11 <> '' then now() end)`
	if _, err := r.tx.ExecContext(ctx, insert, r.in.Tenant, r.in.Conversation, r.in.AccountID, r.customer.ID, r.in.WorkflowID,
		s.State, s.Holder, s.Epoch, s.Revision, postgres.OrNull(s.WaitingSince), string(s.Wishes.HandOver), string(s.Wishes.Turn)); err != nil {
		return err
	}
	r.begun, r.conversation = true, &conversationRow{
		ID: r.in.Conversation, AccountID: r.in.AccountID, State: s.State, Holder: s.Holder, Epoch: s.Epoch, Revision: s.Revision,
		Wish: standing.Wish{HandOver: s.Wishes.HandOver, Turn: s.Wishes.Turn},
	}
	return l.Publish(ctx, change)
}
