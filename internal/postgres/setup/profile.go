package setup

import (
	"context"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/routing"
)

type profileRow struct {
	resource.StampRow
	ID       routing.ProfileID `db:"id"`
	Name     string            `db:"name"`
	Limit    int               `db:"item_limit"`
	Reset    string            `db:"reset"`
	Blocking bool              `db:"blocking"`
}

// ProfileResource is the table of capacity profiles.
var ProfileResource = resource.NewTable("capacity profile", "capacity-profile", resource.LiveProfiles, profileRow.profile)

// How the reset of a capacity profile stands in the table.
const (
	resetImmediate = "immediate"
	resetEndOfDay  = "end_of_day"
)

func (r profileRow) profile() routing.Profile {
	return routing.Profile{
		Stamp: r.Stamp(), ID: r.ID, Name: r.Name, Limit: r.Limit, EndOfDay: r.Reset == resetEndOfDay, Blocking: r.Blocking,
	}
}

// CreateProfile adds a capacity profile of the actor's tenant and gives it its id. It returns ErrExists when there is one of
// that name.
func (db *DB) CreateProfile(ctx context.Context, by access.Actor, p routing.Profile) (routing.Profile, error) {
	row := profileRow{resource.StampRow{Tenant: by.Tenant}, routing.ProfileID(postgres.NewID()), p.Name, p.Limit, resetImmediate, p.Blocking}
	if p.EndOfDay {
		row.Reset = resetEndOfDay
	}
	return ProfileResource.Create(ctx, db.pool, by, string(row.ID), row, nil)
}

// Profile reads a profile. It returns ErrNotFound when there is none.
func (db *DB) Profile(ctx context.Context, t conversation.Tenant, id routing.ProfileID) (routing.Profile, error) {
	return ProfileResource.Get(ctx, db.pool, t, string(id))
}

// ListProfiles pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListProfiles(ctx context.Context, t conversation.Tenant, after routing.ProfileID, limit int) ([]routing.Profile, error) {
	return ProfileResource.List(ctx, db.pool, t, string(after), limit)
}

// UpdateProfile changes name, limit and blocking of the actor's capacity profile if its version is still p.Version
// (ErrVersion otherwise). When the room comes back cannot be changed later (CAP-2). Agents without a limit of their own get
// the new one, for what is assigned from now on. It returns ErrExists when another has the name, ErrNotFound when there is
// none.
func (db *DB) UpdateProfile(ctx context.Context, by access.Actor, p routing.Profile) (routing.Profile, error) {
	return ProfileResource.Update(ctx, db.pool, by, string(p.ID), p.Version, resource.Change[profileRow]{
		Wish: func(old profileRow) profileRow {
			return profileRow{old.StampRow, old.ID, p.Name, p.Limit, old.Reset, p.Blocking}
		},
		After: func(tx *postgres.Tx, _, _ profileRow, _ []string) error {
			return settleHolders(ctx, tx, by.Tenant, p.ID)
		},
	})
}

// settleHolders has those who hold a capacity profile looked at again: their room has changed.
func settleHolders(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id routing.ProfileID) error {
	const query = `
		select a.id from agents a join agent_profiles p on p.tenant = a.tenant and p.agent_id = a.id
		where a.tenant = $1 and p.profile_id = $2 and a.deleted_at is null order by a.id for no key update of a`
	var holders []conversation.AgentID
	if err := tx.SelectContext(ctx, &holders, query, t, id); err != nil {
		return err
	}
	if err := capacity.SettlePresence(ctx, tx, t, holders...); err != nil {
		return err
	}
	return notify.TriggerDistribution(ctx, tx, t, notify.AtOnce)
}

// DeleteProfile deletes a capacity profile. Deleting it again changes nothing. It returns ErrInUse while an agent has
// it, or a workstream, a rule or an open conversation takes it; ErrNotFound when there never was one.
func (db *DB) DeleteProfile(ctx context.Context, by access.Actor, id routing.ProfileID) error {
	return ProfileResource.Remove(ctx, db.pool, by, string(id),
		`select from agent_profiles where tenant = $1 and profile_id = $2::uuid`,
		`select from workstreams where tenant = $1 and $2::uuid = any(profiles) and deleted_at is null`,
		`select from work_items where tenant = $1 and $2::uuid = any(profiles) and state <> 'done'`,
		`select from conversations where tenant = $1 and state <> 'closed' and classified @> jsonb_build_object('profiles', jsonb_build_array($2::text))`,
		resource.RuleNames)
}
