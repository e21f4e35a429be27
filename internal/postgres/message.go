package postgres

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// messageRow is a line of the transcript, sealed.
type messageRow struct {
	Tenant       conversation.Tenant     `db:"tenant"`
	ID           conversation.MessageID  `db:"id"`
	Conversation conversation.ID         `db:"conversation_id"`
	Seq          int64                   `db:"seq"`
	Author       conversation.Author     `db:"author"`
	Kind         string                  `db:"kind"`
	Body         []byte                  `db:"body"`
	Turn         *conversation.MessageID `db:"turn_id"`
	Part         *int                    `db:"turn_part"`
	Stale        bool                    `db:"stale"`
	Echo         bool                    `db:"echo"`
	SaidAt       *time.Time              `db:"said_at"`
	Agent        *conversation.AgentID   `db:"agent_id"`
	Epoch        *conversation.Epoch     `db:"epoch"` // of the delivery
}

const insertMessages = `
	insert into messages (tenant, id, conversation_id, seq, author, kind, body, turn_id, turn_part, stale, echo, said_at, agent_id)
	values (:tenant, :id, :conversation_id, :seq, :author, :kind, :body, :turn_id, :turn_part, :stale, :echo, :said_at, :agent_id)`

// line is what we say to a customer.
type line struct {
	author conversation.Author
	agent  *conversation.AgentID // who wrote it, where an agent did
	text   string
	part   int                 // of the answer; unique for the turn
	epoch  *conversation.Epoch // in which alone it may go out; nil for always
}

// say adds lines to a conversation whose row is locked, and queues them for delivery. turn is the customer's message that
// they answer, "" for none in particular.
func say(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, lastSeq int64, turn conversation.MessageID, seal customerSeal, lines []line) ([]conversation.MessageID, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	rows, ids := make([]messageRow, len(lines)), make([]conversation.MessageID, len(lines))
	for i, l := range lines {
		ids[i] = conversation.MessageID(newID())
		sealed, err := seal.sealBody(string(ids[i]), body{Text: l.text})
		if err != nil {
			return nil, err
		}
		rows[i] = messageRow{
			Tenant: c.Tenant, ID: ids[i], Conversation: c.Conversation, Seq: lastSeq + int64(i) + 1,
			Author: l.author, Kind: "text", Body: sealed, Agent: l.agent, Epoch: l.epoch,
		}
		if turn != "" {
			rows[i].Turn, rows[i].Part = &turn, &l.part
		}
	}
	const number = `update conversations set last_seq = $3 where tenant = $1 and id = $2`
	if _, err := tx.ExecContext(ctx, number, c.Tenant, c.Conversation, lastSeq+int64(len(lines))); err != nil {
		return nil, err
	}
	if _, err := tx.NamedExecContext(ctx, insertMessages, rows); err != nil {
		return nil, err
	}
	const queue = `
		insert into deliveries (tenant, message_id, conversation_id, seq, epoch, status)
		values (:tenant, :id, :conversation_id, :seq, :epoch, 'queued')`
	_, err := tx.NamedExecContext(ctx, queue, rows)
	return ids, err
}
