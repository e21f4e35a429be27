package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// BeginCommand is the part of BeginPersonCommand that knows no conversation.
func (db *DB) BeginCommand(ctx context.Context, c conversation.CommandRequest) (conversation.CommandRecord, error) {
	fresh := newID()
	return transact(ctx, db, "begin a command", func(tx *sqlx.Tx) (conversation.CommandRecord, error) {
		return db.beginCommand(ctx, tx, c, fresh)
	})
}
