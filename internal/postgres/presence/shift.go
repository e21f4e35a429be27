package presence

import (
	"context"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/capacity"
)

// A person is at work while their shift is on and an event stream of theirs is open: their connections count then, like those of API
// tokens, which always do. The lock of the agent's row decides what comes first: a stream, or the shift.

// BeginShift begins a person's shift. If a stream of theirs is open and none counted before, it signs their agent in with the default
// presence. A repeat changes nothing. It returns ErrNotFound if there is no such agent or the agent is disabled.
func (db *DB) BeginShift(ctx context.Context, who access.Principal) error {
	return db.pool.InTx(ctx, "begin a shift", func(tx *postgres.Tx) error {
		agent, err := lockPresence(ctx, tx, who.Tenant, who.AgentID)
		if err != nil {
			return err
		}
		const begin = `
			update users set shift_since = coalesce(shift_since, now())
			where tenant = $1 and id = $2 and agent_id = $3 and not disabled and deleted_at is null`
		if begun, err := postgres.Affected(tx.ExecContext(ctx, begin, who.Tenant, who.UserID, who.AgentID)); err != nil || begun == 0 {
			return err // their rights have changed: their session is over
		}
		first, err := isFirstAtWork(ctx, tx, agent)
		if err != nil {
			return err
		}
		const count = `update connections set at_work = true where tenant = $1 and agent_id = $2 and user_id = $3 and not at_work`
		if counting, err := postgres.Affected(tx.ExecContext(ctx, count, who.Tenant, who.AgentID, who.UserID)); err != nil || counting == 0 {
			return err
		}
		return db.isAtWork(ctx, tx, agent, first)
	})
}

// EndShift ends a person's shift. Their agent is offline at once, unless an API token has a stream for the same agent. Their work goes
// back after the grace. A repeat changes nothing.
func (db *DB) EndShift(ctx context.Context, who access.Principal) error {
	return db.pool.InTx(ctx, "end a shift", func(tx *postgres.Tx) error {
		if err := capacity.LockAgents(ctx, tx, who.Tenant, []conversation.AgentID{who.AgentID}); err != nil {
			return err
		}
		return db.EndWork(ctx, tx, who.Tenant, who.UserID, who.AgentID)
	})
}

// AtWork reports whether a person's shift is on; of an API token, whether it has a stream for its agent.
func (db *DB) AtWork(ctx context.Context, who access.Principal) (at bool, err error) {
	query, id := `select exists (select from connections where tenant = $1 and agent_id = $2 and token_id::text = $3)`, who.TokenID
	if who.UserID != "" {
		query, id = `select exists (select from users where tenant = $1 and agent_id = $2 and id::text = $3 and shift_since is not null)`, who.UserID
	}
	if who.AgentID == "" {
		return false, nil
	}
	err = db.pool.GetContext(ctx, &at, query, who.Tenant, who.AgentID, id)
	return at, postgres.Explain(ctx, "ask who is at work", err)
}

// EndWork ends the shift of a user whose agent ("" for none) is locked.
func (db *DB) EndWork(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, user string, agent conversation.AgentID) error {
	const off = `update users set shift_since = null where tenant = $1 and id = $2 and shift_since is not null`
	if ended, err := postgres.Affected(tx.ExecContext(ctx, off, t, user)); err != nil || ended == 0 || agent == "" {
		return err
	}
	const look = `update connections set at_work = false where tenant = $1 and agent_id = $2 and user_id = $3 and at_work`
	looking, err := postgres.Affected(tx.ExecContext(ctx, look, t, agent, user))
	if err != nil {
		return err
	}
	const lose = `
		update agents a set lost_at = coalesce(lost_at, now()) where tenant = $1 and id = $2 and ($3 or presence <> 'offline')
			and not exists (select from connections c where c.tenant = a.tenant and c.agent_id = a.id and c.at_work)`
	if _, err := tx.ExecContext(ctx, lose, t, agent, looking > 0); err != nil {
		return err
	}
	if err := db.SignOut(ctx, tx, AgentKey{t, agent}); err != nil {
		return err
	}
	const anew = `update agents set presence_before = null where tenant = $1 and id = $2 and presence = 'offline'` // the next shift begins with the default
	_, err = tx.ExecContext(ctx, anew, t, agent)
	return err
}

// EndShiftOf ends the shift of whoever is an agent that is offline and whose row is locked.
func EndShiftOf(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, agent conversation.AgentID) error {
	const over = `update users set shift_since = null where tenant = $1 and agent_id = $2 and shift_since is not null`
	if _, err := tx.ExecContext(ctx, over, t, agent); err != nil {
		return err
	}
	const look = `update connections set at_work = false where tenant = $1 and agent_id = $2 and user_id is not null and at_work`
	_, err := tx.ExecContext(ctx, look, t, agent)
	return err
}
