package transcript

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/standing"
)

// ReadSituation reads how the conversation stands and what it owes. It returns ErrNotFound if it has no row.
func (db *DB) ReadSituation(ctx context.Context, c conversation.Ref) (conversation.Situation, error) {
	s, err := standing.ReadSituation(ctx, db.pool, c)
	return s, postgres.Explain(ctx, "look at conversation "+string(c.Conversation), err)
}
