package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// AgentNow reads how an agent stands. ErrNotFound when the tenant has none with this id.
func (db *DB) AgentNow(ctx context.Context, t conversation.Tenant, id conversation.AgentID) (routing.AgentNow, error) {
	now, err := agentNow(ctx, db.sql, t, id)
	return now, explain(ctx, "read an agent", err)
}

// agentNow derives the load from assignments: those that are live, unless they hold capacity no longer.
func agentNow(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id conversation.AgentID) (routing.AgentNow, error) {
	const query = `
		select ` + presenceColumns + `,
			(select coalesce(sum(a.units), 0) from assignments a where a.tenant = $1 and a.agent_id = agents.id
				and a.state in ('offered', 'accepted') and (a.holds_until is null or a.holds_until > now())) as load,
			(select count(*) from assignments a where a.tenant = $1 and a.agent_id = agents.id
				and a.state in ('offered', 'accepted')) as sessions
		from agents where tenant = $1 and id = $2 and deleted_at is null`
	var row struct {
		presenceRow
		Load     int `db:"load"`
		Sessions int `db:"sessions"`
	}
	if err := sqlx.GetContext(ctx, q, &row, query, t, id); err != nil {
		return routing.AgentNow{}, err
	}
	now := routing.AgentNow{
		ID: row.ID, Name: row.Name, Presence: row.Presence, Manual: row.Manual, PresenceAt: row.At.UTC(), Shown: row.Shown.V,
		Units: row.Units, Load: row.Load, Sessions: row.Sessions,
	}
	// What counts towards a profile that comes back at the end of the day is what was accepted on the agent's own day.
	const profiles = `
		select p.id as profile_id, coalesce(ap.item_limit, p.item_limit) as item_limit,
			(select count(*) from assignments a where a.tenant = $1 and a.agent_id = g.id and p.id = any(a.profiles) and case p.reset
				when 'end_of_day' then a.state = 'offered'
					or a.accepted_at >= date_trunc('day', now() at time zone g.time_zone) at time zone g.time_zone
				else a.state in ('offered', 'accepted') and (a.holds_until is null or a.holds_until > now()) end) as used
		from agents g
		join agent_profiles ap on ap.tenant = g.tenant and ap.agent_id = g.id
		join capacity_profiles p on p.tenant = ap.tenant and p.id = ap.profile_id
		where g.tenant = $1 and g.id = $2 order by p.name`
	if err := sqlx.SelectContext(ctx, q, &now.Profiles, profiles, t, id); err != nil {
		return routing.AgentNow{}, err
	}
	const queues = `select queue_id from queue_members where tenant = $1 and agent_id = $2 order by queue_id`
	err := sqlx.SelectContext(ctx, q, &now.Queues, queues, t, id)
	return now, err
}
