package agents

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
)

// ReleaseWork runs releaseWork in a transaction of its own.
func (db *DB) ReleaseWork(ctx context.Context, t conversation.Tenant, agent conversation.AgentID, why lifecycle.Departure) error {
	return db.pool.InTx(ctx, "release work", func(tx *postgres.Tx) error { return db.releaseWork(ctx, tx, t, agent, why) })
}
