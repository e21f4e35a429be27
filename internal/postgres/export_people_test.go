package postgres

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
)

// ReleaseWork runs releaseWork in a transaction of its own.
func ReleaseWork(ctx context.Context, db *DB, t conversation.Tenant, agent conversation.AgentID, why lifecycle.Departure) error {
	return db.inTx(ctx, "release work", func(tx *transaction) error { return db.releaseWork(ctx, tx, t, agent, why) })
}
