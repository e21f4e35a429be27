package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/routing"
)

type hoursRow struct {
	resource.StampRow
	ID       routing.HoursID                  `db:"id"`
	Name     string                           `db:"name"`
	TimeZone string                           `db:"time_zone"`
	Weekly   postgres.JSON[[]routing.Shift]   `db:"weekly"`
	Holidays postgres.JSON[[]routing.Holiday] `db:"holidays"`
}

// HoursResource is the table of operating hours.
var HoursResource = resource.NewTable("operating hours", "operating-hours", resource.LiveHours, hoursRow.hours)

func (r hoursRow) hours() routing.Hours {
	return routing.Hours{Stamp: r.Stamp(), ID: r.ID, Name: r.Name, TimeZone: r.TimeZone, Weekly: r.Weekly.V, Holidays: r.Holidays.V}
}

// HoursRowOf is the row of operating hours.
func HoursRowOf(stamp resource.StampRow, id routing.HoursID, h routing.Hours) hoursRow {
	return hoursRow{
		StampRow: stamp, ID: id, Name: h.Name, TimeZone: h.TimeZone,
		Weekly:   postgres.JSON[[]routing.Shift]{V: append([]routing.Shift{}, h.Weekly...)},
		Holidays: postgres.JSON[[]routing.Holiday]{V: append([]routing.Holiday{}, h.Holidays...)},
	}
}

// CreateHours adds operating hours of the actor's tenant and gives them their id.
func (db *DB) CreateHours(ctx context.Context, by access.Actor, h routing.Hours) (routing.Hours, error) {
	row := HoursRowOf(resource.StampRow{Tenant: by.Tenant}, routing.HoursID(postgres.NewID()), h)
	return HoursResource.Create(ctx, db.pool, by, string(row.ID), row, nil)
}

// Hours reads operating hours. It returns ErrNotFound when there are none.
func (db *DB) Hours(ctx context.Context, t conversation.Tenant, id routing.HoursID) (routing.Hours, error) {
	return HoursResource.Get(ctx, db.pool, t, string(id))
}

// ListHours pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListHours(ctx context.Context, t conversation.Tenant, after routing.HoursID, limit int) ([]routing.Hours, error) {
	return HoursResource.List(ctx, db.pool, t, string(after), limit)
}

// UpdateHours replaces the actor's operating hours where their version is still h.Version (ErrVersion otherwise). It
// returns ErrNotFound when there are none.
func (db *DB) UpdateHours(ctx context.Context, by access.Actor, h routing.Hours) (routing.Hours, error) {
	return HoursResource.Update(ctx, db.pool, by, string(h.ID), h.Version, resource.Change[hoursRow]{
		Wish: func(old hoursRow) hoursRow { return HoursRowOf(old.StampRow, old.ID, h) },
		After: func(tx *postgres.Tx, _, _ hoursRow, _ []string) error {
			return notify.TriggerDistribution(ctx, tx, by.Tenant, notify.AtOnce)
		},
	})
}

// DeleteHours deletes operating hours. Deleting them again changes nothing. It returns ErrInUse while a queue or an
// agent keeps them, ErrNotFound when there never were any.
func (db *DB) DeleteHours(ctx context.Context, by access.Actor, id routing.HoursID) error {
	return HoursResource.Remove(ctx, db.pool, by, string(id),
		`select from queues where tenant = $1 and hours_id = $2::uuid`, `select from agents where tenant = $1 and hours_id = $2::uuid`)
}

// HoursOf decodes operating hours; nil where there are none.
func HoursOf(zone *string, weekly, holidays []byte) (*routing.Hours, error) {
	if zone == nil {
		return nil, nil //nolint:nilnil // no hours: always open
	}
	h := &routing.Hours{TimeZone: *zone}
	if err := errors.Join(json.Unmarshal(weekly, &h.Weekly), json.Unmarshal(holidays, &h.Holidays)); err != nil {
		return nil, fmt.Errorf("operating hours: %w", err)
	}
	return h, nil
}
