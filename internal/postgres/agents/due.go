package agents

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/presence"
)

// dueRetryMax is the longest pause before a row that failed is tried again. The first pause is a second, and it doubles.
const dueRetryMax = 30 * time.Second

// DoAgentDue does what has been due the longest for an agent, and deletes its row in the same transaction. found is false if nothing
// is due, or if other workers are working on everything that is. If it fails, it puts the row off and returns the error: found is
// true then, and the next call takes the next row. If the row could not be put off either, found is false.
func (db *DB) DoAgentDue(ctx context.Context) (found bool, err error) {
	var row presence.DueRow
	found, err = postgres.Transact(ctx, db.pool, "do what is due for an agent", func(tx *postgres.Tx) (bool, error) {
		const claimDue = `
			select tenant, kind, agent_id, since from due where due_at <= clock_timestamp()
			order by due_at limit 1 for no key update skip locked`
		row = presence.DueRow{}
		err := tx.GetContext(ctx, &row, claimDue)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		switch row.Kind {
		case presence.DueAgentLost:
			return true, db.presence.AgentLost(ctx, tx, row)
		case presence.DueAgentGone:
			return true, db.agentGone(ctx, tx, row)
		}
		return false, fmt.Errorf("a row of due is of the unknown kind %q", row.Kind)
	})
	if err != nil && row.Kind != "" {
		later := db.putOff(ctx, row)
		return later == nil, errors.Join(fmt.Errorf("agent %s, %s: %w", row.AgentID, row.Kind, err), later)
	}
	return found, err
}

// putOff sets a row that failed to be tried again later, unless another transaction has locked it.
func (db *DB) putOff(ctx context.Context, row presence.DueRow) error {
	const postpone = `
		update due set tries = tries + 1, due_at = clock_timestamp() + make_interval(secs => least(2 ^ least(tries, 20), $5))
		where (tenant, kind, agent_id) in (
			select tenant, kind, agent_id from due where tenant = $1 and kind = $2 and agent_id = $3 and since = $4
			for no key update skip locked)`
	_, err := db.pool.ExecContext(ctx, postpone, row.Tenant, row.Kind, row.AgentID, row.Since, dueRetryMax.Seconds())
	return postgres.Explain(ctx, "put off what failed for an agent", err)
}

// agentGone ends the grace of an agent whose last connection was lost. What they are busy with, and what is offered to them,
// goes back to its queues; what they have put aside or are wrapping up stays theirs. That nobody is connected for the agent is
// judged under the lock of the agent's row, which Connect takes too: an agent who comes back in this very moment either keeps
// everything or has come too late.
func (db *DB) agentGone(ctx context.Context, tx *postgres.Tx, row presence.DueRow) error {
	ids, err := lockWorkOf(ctx, tx, row.Tenant, row.AgentID)
	if err != nil {
		return err
	}
	const query = `
		select presence = 'offline' and not exists (select from connections c where c.tenant = a.tenant and c.agent_id = a.id and c.at_work) as gone,
			presence_at > $3 as anew
		from agents a where tenant = $1 and id = $2`
	var agent struct {
		Gone bool `db:"gone"`
		Anew bool `db:"anew"` // came back in between: the grace runs from the last loss
	}
	if err := tx.GetContext(ctx, &agent, query, row.Tenant, row.AgentID, row.Since); err != nil {
		return err
	}
	if agent.Gone && agent.Anew {
		const restartGrace = `
			update due d set since = a.presence_at, due_at = a.presence_at + make_interval(secs => $4), tries = 0
			from agents a where d.tenant = $1 and d.kind = $2 and d.agent_id = $3 and a.tenant = d.tenant and a.id = d.agent_id`
		_, err := tx.ExecContext(ctx, restartGrace, row.Tenant, row.Kind, row.AgentID, db.grace.Seconds())
		return err
	}
	if agent.Gone {
		if err := db.returnWork(ctx, tx, row.Tenant, row.AgentID, ids, lifecycle.Gone); err != nil {
			return err
		}
		if err := presence.EndShiftOf(ctx, tx, row.Tenant, row.AgentID); err != nil {
			return err
		}
	}
	return presence.RemoveDue(ctx, tx, row)
}
