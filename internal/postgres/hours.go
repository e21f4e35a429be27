package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"wxdesk/internal/access"
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

var hoursResource = newResource("operating hours", "operating-hours", liveHours, hoursRow.hours)

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
func (db *DB) CreateHours(ctx context.Context, by access.Actor, h routing.Hours) (routing.Hours, error) {
	row := hoursRowOf(stampRow{Tenant: by.Tenant}, routing.HoursID(newID()), h)
	return hoursResource.create(ctx, db, by, string(row.ID), row, nil)
}

// Hours reads some. ErrNotFound when there are none.
func (db *DB) Hours(ctx context.Context, t conversation.Tenant, id routing.HoursID) (routing.Hours, error) {
	return hoursResource.get(ctx, db, t, string(id))
}

// ListHours pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListHours(ctx context.Context, t conversation.Tenant, after routing.HoursID, limit int) ([]routing.Hours, error) {
	return hoursResource.list(ctx, db, t, string(after), limit)
}

// UpdateHours replaces the actor's operating hours where their version is still h.Version (ErrVersion otherwise).
// ErrNotFound when there are none.
func (db *DB) UpdateHours(ctx context.Context, by access.Actor, h routing.Hours) (routing.Hours, error) {
	return hoursResource.update(ctx, db, by, string(h.ID), h.Version, change[hoursRow]{
		wish: func(old hoursRow) hoursRow { return hoursRowOf(old.stampRow, old.ID, h) },
		after: func(tx *transaction, _, _ hoursRow, _ []string) error {
			return triggerDistribution(ctx, tx, by.Tenant, atOnce)
		},
	})
}

// DeleteHours takes operating hours away. Deleting them again changes nothing. ErrInUse while a queue or
// an agent keeps them, ErrNotFound when there never were any.
func (db *DB) DeleteHours(ctx context.Context, by access.Actor, id routing.HoursID) error {
	return hoursResource.remove(ctx, db, by, string(id),
		`select from queues where tenant = $1 and hours_id = $2::uuid`, `select from agents where tenant = $1 and hours_id = $2::uuid`)
}

// hoursOf decodes operating hours; nil where there are none.
func hoursOf(zone *string, weekly, holidays []byte) (*routing.Hours, error) {
	if zone == nil {
		return nil, nil //nolint:nilnil // no hours: always open
	}
	h := &routing.Hours{TimeZone: *zone}
	if err := errors.Join(json.Unmarshal(weekly, &h.Weekly), json.Unmarshal(holidays, &h.Holidays)); err != nil {
		return nil, fmt.Errorf("operating hours: %w", err)
	}
	return h, nil
}
