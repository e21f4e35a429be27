package capacity

import (
	"context"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// LockAgents locks agents' rows, in the order of the house.
func LockAgents(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, agents []conversation.AgentID) error {
	if len(agents) == 0 {
		return nil
	}
	const lockByID = `select id from agents where tenant = $1 and id = any($2::uuid[]) order by id for no key update`
	_, err := tx.ExecContext(ctx, lockByID, t, pq.Array(agents))
	return err
}
