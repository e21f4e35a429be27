package upkeep

import (
	"context"
	"database/sql"
	"errors"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
)

// RunGone ends a conversation for which Temporal knows no run: see lifecycle.Void. A repeat changes nothing.
func (db *DB) RunGone(ctx context.Context, c conversation.Ref) error {
	return db.pool.InTx(ctx, "end conversation "+string(c.Conversation)+", which has no run", func(tx *postgres.Tx) error {
		err := db.standing.Follow(ctx, tx, c, lifecycle.Void)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
}
