package presence

import (
	"context"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/routing"
)

// An agent whose last connection is lost has lost_at, and a row of due of the kind agent-lost. Until that is due nobody is told: who
// reads a page again is back in a moment. Meanwhile they are offered nothing new; what was offered to them stays.

// DueAgentLost is the kind of a row that waits for an agent to come back before anybody is told.
const DueAgentLost = "agent-lost"

// AgentKey names an agent of any tenant.
type AgentKey struct {
	Tenant conversation.Tenant  `db:"tenant"`
	ID     conversation.AgentID `db:"id"`
}

// reconnectGrace is how long nobody is told of a lost connection. It is never longer than work waits for the agent.
func (db *DB) reconnectGrace() time.Duration { return min(feed.ReconnectGrace, db.grace) }

// comeBack ends the wait for an agent who has connected again. Their presence is as before. There may be work for them.
func comeBack(ctx context.Context, tx *postgres.Tx, agent presenceRow) error {
	const clearLoss = `update agents set lost_at = null where tenant = $1 and id = $2`
	if _, err := tx.ExecContext(ctx, clearLoss, agent.Tenant, agent.ID); err != nil {
		return err
	}
	return notify.TriggerDistribution(ctx, tx, agent.Tenant, notify.AtOnce)
}

// AgentLost makes an agent offline who has not come back. Connect takes the lock of the agent's row too, and removes lost_at.
func (db *DB) AgentLost(ctx context.Context, tx *postgres.Tx, row DueRow) error {
	agent, err := readPresence(ctx, tx, row.Tenant, row.AgentID)
	if err != nil {
		return err
	}
	if agent.LostAt != nil && agent.LostAt.After(row.Since) { // came back in between: the wait runs from the last loss
		const restartWait = `
			update due set since = $4, due_at = $4::timestamptz + make_interval(secs => $5), tries = 0
			where tenant = $1 and kind = $2 and agent_id = $3`
		_, err := tx.ExecContext(ctx, restartWait, row.Tenant, row.Kind, row.AgentID, *agent.LostAt, db.reconnectGrace().Seconds())
		return err
	}
	if err := db.SignOut(ctx, tx, AgentKey{row.Tenant, row.AgentID}); err != nil {
		return err
	}
	return RemoveDue(ctx, tx, row)
}

// SignOut makes agents offline who have lost their connection, tells of it, and has their work go back when the grace ends. What they
// were is kept for the grace. Agents who have lost none are left alone. The caller has locked them.
func (db *DB) SignOut(ctx context.Context, tx *postgres.Tx, agents ...AgentKey) error {
	if len(agents) == 0 {
		return nil
	}
	const makeOffline = `
		with gone as (
			update agents set presence_before = presence, presence = 'offline', presence_at = lost_at, lost_at = null
			from (select * from unnest($1::text[], $2::uuid[]) as named (tenant_id, agent_id) limit $3) named
			where tenant = tenant_id and id = agent_id and lost_at is not null
			returning tenant, id, presence, presence_manual, presence_at, ` + ShownPresence + `
		), timed as (
			insert into due (tenant, kind, agent_id, since, due_at)
			select tenant, '` + DueAgentGone + `', id, presence_at, presence_at + make_interval(secs => $4) from gone
			on conflict do nothing
		)
		select tenant, id, presence, presence_manual, presence_at, shown_presence from gone order by tenant, id`
	tenants, ids := make([]string, len(agents)), make([]string, len(agents))
	for i, a := range agents {
		tenants[i], ids[i] = string(a.Tenant), string(a.ID)
	}
	var gone []presenceRow
	if err := tx.SelectContext(ctx, &gone, makeOffline, pq.Array(tenants), pq.Array(ids), len(agents), db.grace.Seconds()); err != nil {
		return err
	}
	news := map[conversation.Tenant][]notify.Row{}
	for _, agent := range gone {
		news[agent.Tenant] = append(news[agent.Tenant], presenceNews(agent))
	}
	for t, rows := range news {
		if err := notify.Publish(ctx, tx, t, rows...); err != nil {
			return err
		}
	}
	return nil
}

// endLoss ends the wait for an agent for whom a presence was chosen meanwhile. If it is offline, their work goes back when the
// grace ends, as if nobody had chosen.
func (db *DB) endLoss(ctx context.Context, tx *postgres.Tx, agent presenceRow, chosen routing.Presence) error {
	if agent.LostAt == nil {
		return nil
	}
	if err := cancelDue(ctx, tx, DueAgentLost, agent.Tenant, agent.ID); err != nil || chosen != routing.Offline {
		return err
	}
	const startGrace = `
		insert into due (tenant, kind, agent_id, since, due_at) values ($1, $2, $3, now(), $4::timestamptz + make_interval(secs => $5))
		on conflict do nothing`
	_, err := tx.ExecContext(ctx, startGrace, agent.Tenant, DueAgentGone, agent.ID, *agent.LostAt, db.grace.Seconds())
	return err
}
