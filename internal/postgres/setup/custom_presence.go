package setup

import (
	"context"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/routing"
)

type customPresenceRow struct {
	resource.StampRow
	ID   routing.PresenceID `db:"id"`
	Name string             `db:"name"`
	Text string             `db:"text"`
	Base routing.Presence   `db:"base"`
}

var presenceResource = resource.NewTable("custom presence", "custom-presence", resource.LiveCustomPresences, customPresenceRow.presence)

// showsPresence finds the agents who show a custom presence.
const showsPresence = `
	select from agents a join custom_presences p on p.tenant = a.tenant and p.id = a.custom_presence
	where a.tenant = $1 and p.id = $2::uuid and a.presence = p.base and a.presence_manual and a.deleted_at is null`

func (r customPresenceRow) presence() routing.CustomPresence {
	return routing.CustomPresence{Stamp: r.Stamp(), ID: r.ID, Name: r.Name, Text: r.Text, Base: r.Base}
}

// CreateCustomPresence adds a presence of the actor's tenant and gives it its id. It returns ErrExists when there is one of
// that name.
func (db *DB) CreateCustomPresence(ctx context.Context, by access.Actor, p routing.CustomPresence) (routing.CustomPresence, error) {
	row := customPresenceRow{resource.StampRow{Tenant: by.Tenant}, routing.PresenceID(postgres.NewID()), p.Name, p.Text, p.Base}
	return presenceResource.Create(ctx, db.pool, by, string(row.ID), row, nil)
}

// CustomPresence reads a custom presence. It returns ErrNotFound when there is none.
func (db *DB) CustomPresence(ctx context.Context, t conversation.Tenant, id routing.PresenceID) (routing.CustomPresence, error) {
	return presenceResource.Get(ctx, db.pool, t, string(id))
}

// ListCustomPresences pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListCustomPresences(ctx context.Context, t conversation.Tenant, after routing.PresenceID, limit int) ([]routing.CustomPresence, error) {
	return presenceResource.List(ctx, db.pool, t, string(after), limit)
}

// UpdateCustomPresence changes the actor's presence if its version is still p.Version (ErrVersion otherwise). Agents who
// show it show the new text. It returns ErrInUse if its base would change while somebody shows it, ErrExists when
// another has the name, ErrNotFound when there is none.
func (db *DB) UpdateCustomPresence(ctx context.Context, by access.Actor, p routing.CustomPresence) (routing.CustomPresence, error) {
	return presenceResource.Update(ctx, db.pool, by, string(p.ID), p.Version, resource.Change[customPresenceRow]{
		Lock: "for update", // nobody chooses it meanwhile
		Wish: func(old customPresenceRow) customPresenceRow {
			return customPresenceRow{old.StampRow, old.ID, p.Name, p.Text, p.Base}
		},
		Before: func(tx *postgres.Tx, old, row customPresenceRow, _ []string) error {
			if row.Base == old.Base {
				return nil
			}
			return resource.InUse(ctx, tx, by.Tenant, p.ID, showsPresence)
		},
	})
}

// DeleteCustomPresence deletes a presence. Deleting it again changes nothing. It returns ErrInUse while somebody shows it,
// ErrNotFound when there never was one.
func (db *DB) DeleteCustomPresence(ctx context.Context, by access.Actor, id routing.PresenceID) error {
	return presenceResource.Remove(ctx, db.pool, by, string(id), showsPresence)
}
