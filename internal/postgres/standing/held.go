package standing

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
)

// Held is a conversation's row with what acting for its bot needs.
type Held struct {
	CustomerID string                `db:"customer_id"`
	State      conversation.State    `db:"state"`
	Holder     conversation.Holder   `db:"holder"`
	Epoch      conversation.Epoch    `db:"epoch"`
	LastSeq    int64                 `db:"last_seq"`
	QueueID    *conversation.QueueID `db:"queue_id"`
	Context    []byte                `db:"context"`
	DataKey    []byte                `db:"data_key"`
	Language   conversation.Language `db:"language"`
	Wish
}

// HeldColumns are those of a Held, of a conversation c, its customer u and its account a.
const HeldColumns = `c.customer_id, c.state, c.holder, c.epoch, c.last_seq, c.queue_id, c.context, u.data_key, a.language, ` + WishColumns

// LockHeld locks a customer and their conversation, and reads who holds it. sql.ErrNoRows where there is no such conversation.
func LockHeld(ctx context.Context, tx *postgres.Tx, c conversation.Ref) (row Held, err error) {
	const query = `
		select ` + HeldColumns + `
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		where c.tenant = $1 and c.id = $2
		for no key update of u, c`
	err = tx.GetContext(ctx, &row, query, c.Tenant, c.Conversation)
	return row, err
}

// Snapshot is as much of it as the rule book asks of a bot's conversation.
func (r Held) Snapshot() lifecycle.Snapshot {
	return lifecycle.Snapshot{
		Standing: lifecycle.Standing{State: r.State, Holder: r.Holder, Epoch: r.Epoch},
		Wishes:   lifecycle.Wishes{HandOver: r.HandOver, Turn: r.Turn, Queue: r.Queue, Ending: r.Ending},
	}
}
