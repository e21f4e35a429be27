package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

type hoursRow struct {
	stampRow
	ID       routing.HoursID           `db:"id"`
	Name     string                    `db:"name"`
	TimeZone string                    `db:"time_zone"`
	Weekly   asJSON[[]routing.Shift]   `db:"weekly"`
	Holidays asJSON[[]routing.Holiday] `db:"holidays"`
}

const hoursColumns = stampColumns + `, id, name, time_zone, weekly, holidays`

func (r hoursRow) hours() routing.Hours {
	return routing.Hours{Stamp: r.stamp(), ID: r.ID, Name: r.Name, TimeZone: r.TimeZone, Weekly: r.Weekly.V, Holidays: r.Holidays.V}
}

func hoursRowOf(stamp stampRow, id routing.HoursID, h routing.Hours) hoursRow {
	return hoursRow{
		stampRow: stamp, ID: id, Name: h.Name, TimeZone: h.TimeZone,
		Weekly:   asJSON[[]routing.Shift]{append([]routing.Shift{}, h.Weekly...)},
		Holidays: asJSON[[]routing.Holiday]{append([]routing.Holiday{}, h.Holidays...)},
	}
}

// CreateHours adds operating hours of the actor's tenant and gives them their id.
func (db *DB) CreateHours(ctx context.Context, by conversation.Actor, h routing.Hours) (routing.Hours, error) {
	row := hoursRowOf(stampRow{Tenant: by.Tenant}, routing.HoursID(newID()), h)
	return transact(ctx, db, "create operating hours "+string(row.ID), func(tx *sqlx.Tx) (routing.Hours, error) {
		const insert = `
			insert into operating_hours (tenant, id, name, time_zone, weekly, holidays)
			values (:tenant, :id, :name, :time_zone, :weekly, :holidays)
			on conflict (tenant, id) do nothing`
		inserted, err := affected(tx.NamedExecContext(ctx, insert, row))
		if err != nil {
			return routing.Hours{}, err
		}
		if inserted > 0 {
			if err := record(ctx, tx, by, actHoursCreate, string(row.ID)); err != nil {
				return routing.Hours{}, err
			}
		}
		return readHours(ctx, tx, by.Tenant, row.ID)
	})
}

// Hours reads some. ErrNotFound when there are none.
func (db *DB) Hours(ctx context.Context, t conversation.Tenant, id routing.HoursID) (routing.Hours, error) {
	h, err := readHours(ctx, db.sql, t, id)
	return h, explain(ctx, "read operating hours", err)
}

// ListHours pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListHours(ctx context.Context, t conversation.Tenant, after routing.HoursID, limit int) ([]routing.Hours, error) {
	var rows []hoursRow
	err := db.sql.SelectContext(ctx, &rows, `select `+hoursColumns+` from `+liveHours+pages, t, after, limit)
	return each(rows, hoursRow.hours), explain(ctx, "list operating hours", err)
}

// UpdateHours replaces the actor's operating hours where their version is still h.Version (ErrVersion otherwise).
// ErrNotFound when there are none.
func (db *DB) UpdateHours(ctx context.Context, by conversation.Actor, h routing.Hours) (routing.Hours, error) {
	return transact(ctx, db, "update operating hours", func(tx *sqlx.Tx) (routing.Hours, error) {
		const query = `select ` + hoursColumns + ` from operating_hours where tenant = $1 and id = $2 for no key update`
		var old hoursRow
		if err := tx.GetContext(ctx, &old, query, by.Tenant, h.ID); err != nil {
			return routing.Hours{}, err
		}
		row := hoursRowOf(old.stampRow, old.ID, h)
		columns := changedColumns(old, row)
		if done, err := settled(old.Version, h.Version, columns); done || err != nil {
			return old.hours(), err
		}
		const update = `
			update operating_hours set name = :name, time_zone = :time_zone, weekly = :weekly, holidays = :holidays,
				version = version + 1, updated_at = now()
			where tenant = :tenant and id = :id`
		if _, err := tx.NamedExecContext(ctx, update, row); err != nil {
			return routing.Hours{}, err
		}
		if err := wake(ctx, tx, by.Tenant, atOnce); err != nil {
			return routing.Hours{}, err
		}
		if err := record(ctx, tx, by, actHoursUpdate, string(h.ID), columns...); err != nil {
			return routing.Hours{}, err
		}
		return readHours(ctx, tx, by.Tenant, h.ID)
	})
}

// DeleteHours takes operating hours away. Deleting them again changes nothing. ErrInUse while a queue or
// an agent keeps them, ErrNotFound when there never were any.
func (db *DB) DeleteHours(ctx context.Context, by conversation.Actor, id routing.HoursID) error {
	return db.inTx(ctx, "delete operating hours", func(tx *sqlx.Tx) error {
		removed, err := takeAway(ctx, tx, by.Tenant, "operating_hours", actHoursDelete, id,
			`select from queues where tenant = $1 and hours_id = $2::uuid`, `select from agents where tenant = $1 and hours_id = $2::uuid`)
		if err != nil || !removed {
			return err
		}
		return record(ctx, tx, by, actHoursDelete, string(id))
	})
}

func readHours(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id routing.HoursID) (routing.Hours, error) {
	const query = `select ` + hoursColumns + ` from operating_hours where tenant = $1 and id = $2`
	var row hoursRow
	err := sqlx.GetContext(ctx, q, &row, query, t, id)
	return row.hours(), err
}
