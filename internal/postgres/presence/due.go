package presence

import (
	"context"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// The table due holds the timers of people: what has to be done for an agent at a time, unless something ends the wait before.
// The transaction that begins the wait writes the row, the one that ends it deletes the row. Both hold the agent's lock, and
// neither waits for a row that DoAgentDue has locked: DoAgentDue locks the row first and the agent last.

// DueAgentGone is the kind of a row that waits for an agent to come back before their work goes to others; see also DueAgentLost.
const DueAgentGone = "agent-gone"

// DueRow is something that falls due for an agent.
type DueRow struct {
	Tenant  conversation.Tenant  `db:"tenant"`
	Kind    string               `db:"kind"`
	AgentID conversation.AgentID `db:"agent_id"`
	Since   time.Time            `db:"since"`
}

// cancelDue deletes a row of due. It leaves a row on which DoAgentDue is working. That transaction waits for the agent's lock, and
// checks the agent again under it.
func cancelDue(ctx context.Context, tx *postgres.Tx, kind string, t conversation.Tenant, agent conversation.AgentID) error {
	const deleteUnclaimed = `
		delete from due where (tenant, kind, agent_id) in (
			select tenant, kind, agent_id from due where tenant = $1 and kind = $2 and agent_id = $3 for no key update skip locked)`
	_, err := tx.ExecContext(ctx, deleteUnclaimed, t, kind, agent)
	return err
}

// RemoveDue deletes a row of due that is done. DoAgentDue has locked it.
func RemoveDue(ctx context.Context, tx *postgres.Tx, row DueRow) error {
	const deleteDue = `delete from due where tenant = $1 and kind = $2 and agent_id = $3`
	_, err := tx.ExecContext(ctx, deleteDue, row.Tenant, row.Kind, row.AgentID)
	return err
}
