package presence

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/routing"
)

// AgentNow reads how an agent stands. It returns ErrNotFound when the tenant has none with this id.
func (db *DB) AgentNow(ctx context.Context, t conversation.Tenant, id conversation.AgentID) (routing.AgentNow, error) {
	now, err := AgentNow(ctx, db.pool, t, id)
	return now, postgres.Explain(ctx, "read an agent", err)
}

// AgentNow reads how an agent stands; what the agent has is derived by the function capacity_in_use.
func AgentNow(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id conversation.AgentID) (routing.AgentNow, error) {
	const query = `
		select ` + presenceColumns + `, load, sessions, profile_uses
		from agents cross join lateral capacity_in_use(tenant, id, time_zone, null)
		where tenant = $1 and id = $2 and deleted_at is null`
	var row struct {
		presenceRow
		Load        int    `db:"load"`
		Sessions    int    `db:"sessions"`
		ProfileUses []byte `db:"profile_uses"`
	}
	if err := sqlx.GetContext(ctx, q, &row, query, t, id); err != nil {
		return routing.AgentNow{}, err
	}
	now := routing.AgentNow{
		ID: row.ID, Name: row.Name, Presence: row.Presence, Manual: row.Manual, PresenceAt: row.At.UTC(), Shown: row.Shown.V,
		Units: row.Units, Load: row.Load, Sessions: row.Sessions,
	}
	uses, err := capacity.DecodeProfileUses(id, row.ProfileUses)
	if err != nil {
		return routing.AgentNow{}, err
	}
	for _, r := range uses {
		now.Profiles = append(now.Profiles, routing.ProfileNow{ID: r.Profile, Limit: r.Limit, Used: r.Used})
	}
	const queues = `select queue_id from queue_members where tenant = $1 and agent_id = $2 order by queue_id`
	err = sqlx.SelectContext(ctx, q, &now.Queues, queues, t, id)
	return now, err
}
