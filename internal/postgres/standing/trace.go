package standing

import (
	"context"
	"encoding/json"
	"fmt"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
)

func (l *Locked) writeTrace(ctx context.Context, c lifecycle.Change) error {
	if c.Trace == nil {
		return nil
	}
	return InsertTrace(ctx, l.Tx, l.Ref, c.Trace.Stage, c.Trace.Body)
}

// InsertTrace keeps a step of a conversation's way to people.
func InsertTrace(ctx context.Context, tx *postgres.Tx, c conversation.Ref, stage string, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode a routing trace: %w", err)
	}
	const insert = `insert into routing_traces (tenant, conversation_id, stage, body) values ($1, $2, $3, $4)`
	_, err = tx.ExecContext(ctx, insert, c.Tenant, c.Conversation, stage, string(encoded))
	return err
}
