package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wxdesk/internal/conversation"
)

// speech is what we say to a customer at one time: texts, in order.
type speech struct {
	author conversation.Author
	agent  *conversation.AgentID // who wrote it, where an agent did
	texts  []string
	turn   conversation.MessageID // the customer's message that they answer, "" for none in particular
	part   int                    // of the first text in that turn; no two texts of a turn have the same
	epoch  *conversation.Epoch    // in which alone they may go out; nil for always
	trace  string                 // W3C trace context of the request that says it; "" where the line that they answer has one
}

// say adds texts to a conversation whose row is locked, numbers them after lastSeq, and queues them for delivery.
func say(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, lastSeq int64, seal customerSeal, s speech) ([]conversation.MessageID, error) {
	if len(s.texts) == 0 {
		return nil, nil
	}
	ids, bodies, err := sealTexts(seal, s.texts)
	if err != nil {
		return nil, err
	}
	const insert = `
		with texts as (select id, body, n from unnest($4::uuid[], $5::bytea[]) with ordinality as t (id, body, n)),
		numbered as (update conversations set last_seq = $3 + (select count(*) from texts) where tenant = $1 and id = $2),
		said as (
			insert into messages (tenant, id, conversation_id, seq, author, agent_id, kind, body, turn_id, turn_part, traceparent)
			select $1, id, $2, $3 + n, $6, $7, 'text', body, nullif($8, '')::uuid, case when $8 <> '' then $9 + n - 1 end, $11 from texts
			returning id, seq)
		insert into deliveries (tenant, message_id, conversation_id, seq, epoch, status)
		select $1, id, $2, seq, $10, 'queued' from said`
	_, err = tx.ExecContext(ctx, insert, c.Tenant, c.Conversation, lastSeq, pq.Array(ids), bodies, s.author, s.agent, string(s.turn), s.part, s.epoch, s.trace)
	return ids, err
}

// sealTexts gives texts to the customer their ids, and seals them.
func sealTexts(seal customerSeal, texts []string) ([]conversation.MessageID, pq.ByteaArray, error) {
	ids, bodies := make([]conversation.MessageID, len(texts)), make(pq.ByteaArray, len(texts))
	for i, text := range texts {
		ids[i] = conversation.MessageID(newID())
		var err error
		if bodies[i], err = seal.sealBody(string(ids[i]), body{Text: text}); err != nil {
			return nil, nil, err
		}
	}
	return ids, bodies, nil
}
