package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// ReleaseWork runs releaseWork in a transaction of its own.
func ReleaseWork(ctx context.Context, db *DB, t conversation.Tenant, agent conversation.AgentID, why string) error {
	return db.inTx(ctx, "release work", func(tx *sqlx.Tx) error { return releaseWork(ctx, tx, t, agent, why) })
}
