package view

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// Directory lists the names of a tenant's accounts, workstreams, queues, agents, skills, bots and custom presences, also of those that were removed.
// The order is always the same. It lists all at once, because a set-up is small.
func (db *DB) Directory(ctx context.Context, t conversation.Tenant) ([]routing.Named, error) {
	const query = `
		select 'account' as kind, id::text as id, name, deleted_at is not null as removed from accounts where tenant = $1
		union all select 'workstream', id::text, name, deleted_at is not null from workstreams where tenant = $1
		union all select 'queue', id::text, name, deleted_at is not null from queues where tenant = $1
		union all select 'agent', id::text, name, deleted_at is not null from agents where tenant = $1
		union all select 'skill', id::text, name, false from skills where tenant = $1
		union all select 'bot', id::text, name, deleted_at is not null from bots where tenant = $1
		union all select 'custom_presence', id::text, name, false from custom_presences where tenant = $1
		order by kind, id`
	var rows []struct {
		Kind    routing.NamedKind `db:"kind"`
		ID      string            `db:"id"`
		Name    string            `db:"name"`
		Removed bool              `db:"removed"`
	}
	if err := db.pool.SelectContext(ctx, &rows, query, t); err != nil {
		return nil, postgres.Explain(ctx, "read the directory", err)
	}
	list := make([]routing.Named, len(rows))
	for i, r := range rows {
		list[i] = routing.Named(r)
	}
	return list, nil
}
