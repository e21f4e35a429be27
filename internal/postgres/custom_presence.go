package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

type customPresenceRow struct {
	stampRow
	ID   routing.PresenceID `db:"id"`
	Name string             `db:"name"`
	Text string             `db:"text"`
	Base routing.Presence   `db:"base"`
}

const customPresenceColumns = stampColumns + `, id, name, text, base`

// shownPresence is a column of agents: the custom presence that an agent shows, null where it is one of the house.
const shownPresence = `
	(select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name, 'text', p.text)) -> 0, 'null') from custom_presences p
		where p.tenant = agents.tenant and p.id = custom_presence and p.base = presence and presence_manual) as shown_presence`

// showsPresence finds the agents who show a custom presence.
const showsPresence = `
	select from agents a join custom_presences p on p.tenant = a.tenant and p.id = a.custom_presence
	where a.tenant = $1 and p.id = $2::uuid and a.presence = p.base and a.presence_manual and a.deleted_at is null`

func (r customPresenceRow) presence() routing.CustomPresence {
	return routing.CustomPresence{Stamp: r.stamp(), ID: r.ID, Name: r.Name, Text: r.Text, Base: r.Base}
}

// CreateCustomPresence adds a presence of the actor's tenant and gives it its id. ErrExists when there is one of that name.
func (db *DB) CreateCustomPresence(ctx context.Context, by conversation.Actor, p routing.CustomPresence) (routing.CustomPresence, error) {
	row := customPresenceRow{stampRow{Tenant: by.Tenant}, routing.PresenceID(newID()), p.Name, p.Text, p.Base}
	return transact(ctx, db, "create custom presence "+string(row.ID), func(tx *sqlx.Tx) (routing.CustomPresence, error) {
		const insert = `
			insert into custom_presences (tenant, id, name, text, base) values (:tenant, :id, :name, :text, :base)
			on conflict (tenant, id) do nothing`
		inserted, err := affected(tx.NamedExecContext(ctx, insert, row))
		if err != nil {
			return routing.CustomPresence{}, err
		}
		if inserted > 0 {
			if err := record(ctx, tx, by, actCustomPresenceCreate, string(row.ID)); err != nil {
				return routing.CustomPresence{}, err
			}
		}
		return readCustomPresence(ctx, tx, by.Tenant, row.ID)
	})
}

// CustomPresence reads one. ErrNotFound when there is none.
func (db *DB) CustomPresence(ctx context.Context, t conversation.Tenant, id routing.PresenceID) (routing.CustomPresence, error) {
	p, err := readCustomPresence(ctx, db.sql, t, id)
	return p, explain(ctx, "read custom presence", err)
}

// ListCustomPresences pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListCustomPresences(ctx context.Context, t conversation.Tenant, after routing.PresenceID, limit int) ([]routing.CustomPresence, error) {
	var rows []customPresenceRow
	err := db.sql.SelectContext(ctx, &rows, `select `+customPresenceColumns+` from `+liveCustomPresences+pages, t, after, limit)
	return each(rows, customPresenceRow.presence), explain(ctx, "list custom presences", err)
}

// UpdateCustomPresence changes the actor's presence where its version is still p.Version (ErrVersion otherwise). Agents who
// show it show the new text. ErrInUse where its base would change while somebody shows it, ErrExists when another has the
// name, ErrNotFound when there is none.
func (db *DB) UpdateCustomPresence(ctx context.Context, by conversation.Actor, p routing.CustomPresence) (routing.CustomPresence, error) {
	return transact(ctx, db, "update custom presence", func(tx *sqlx.Tx) (routing.CustomPresence, error) {
		const query = `select ` + customPresenceColumns + ` from custom_presences where tenant = $1 and id = $2 for update`
		var old customPresenceRow
		if err := tx.GetContext(ctx, &old, query, by.Tenant, p.ID); err != nil {
			return routing.CustomPresence{}, err
		}
		row := customPresenceRow{old.stampRow, old.ID, p.Name, p.Text, p.Base}
		columns := changedColumns(old, row)
		if done, err := settled(old.Version, p.Version, columns); done || err != nil {
			return old.presence(), err
		}
		if row.Base != old.Base {
			if err := inUse(ctx, tx, by.Tenant, p.ID, showsPresence); err != nil {
				return routing.CustomPresence{}, err
			}
		}
		const update = `
			update custom_presences set name = :name, text = :text, base = :base, version = version + 1, updated_at = now()
			where tenant = :tenant and id = :id`
		if _, err := tx.NamedExecContext(ctx, update, row); err != nil {
			return routing.CustomPresence{}, err
		}
		if err := record(ctx, tx, by, actCustomPresenceUpdate, string(p.ID), columns...); err != nil {
			return routing.CustomPresence{}, err
		}
		return readCustomPresence(ctx, tx, by.Tenant, p.ID)
	})
}

// DeleteCustomPresence takes a presence away. Deleting it again changes nothing. ErrInUse while somebody shows it, ErrNotFound
// when there never was one.
func (db *DB) DeleteCustomPresence(ctx context.Context, by conversation.Actor, id routing.PresenceID) error {
	return db.inTx(ctx, "delete custom presence", func(tx *sqlx.Tx) error {
		removed, err := takeAway(ctx, tx, by.Tenant, "custom_presences", actCustomPresenceDelete, id, showsPresence)
		if err != nil || !removed {
			return err
		}
		return record(ctx, tx, by, actCustomPresenceDelete, string(id))
	})
}

func readCustomPresence(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id routing.PresenceID) (routing.CustomPresence, error) {
	var row customPresenceRow
	err := sqlx.GetContext(ctx, q, &row, `select `+customPresenceColumns+` from custom_presences where tenant = $1 and id = $2`, t, id)
	return row.presence(), err
}
