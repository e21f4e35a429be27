package postgres

import (
	"context"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

type profileRow struct {
	stampRow
	ID       routing.ProfileID `db:"id"`
	Name     string            `db:"name"`
	Limit    int               `db:"item_limit"`
	Reset    string            `db:"reset"`
	Blocking bool              `db:"blocking"`
}

var profileResource = newResource("capacity profile", "capacity-profile", liveProfiles, profileRow.profile)

// How the reset of a capacity profile stands in the table.
const (
	resetImmediate = "immediate"
	resetEndOfDay  = "end_of_day"
)

func (r profileRow) profile() routing.Profile {
	return routing.Profile{
		Stamp: r.stamp(), ID: r.ID, Name: r.Name, Limit: r.Limit, EndOfDay: r.Reset == resetEndOfDay, Blocking: r.Blocking,
	}
}

// CreateProfile adds a capacity profile of the actor's tenant and gives it its id. ErrExists when there is one of that name.
func (db *DB) CreateProfile(ctx context.Context, by access.Actor, p routing.Profile) (routing.Profile, error) {
	row := profileRow{stampRow{Tenant: by.Tenant}, routing.ProfileID(newID()), p.Name, p.Limit, resetImmediate, p.Blocking}
	if p.EndOfDay {
		row.Reset = resetEndOfDay
	}
	return profileResource.create(ctx, db, by, string(row.ID), row, nil)
}

// Profile reads one. ErrNotFound when there is none.
func (db *DB) Profile(ctx context.Context, t conversation.Tenant, id routing.ProfileID) (routing.Profile, error) {
	return profileResource.get(ctx, db, t, string(id))
}

// ListProfiles pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListProfiles(ctx context.Context, t conversation.Tenant, after routing.ProfileID, limit int) ([]routing.Profile, error) {
	return profileResource.list(ctx, db, t, string(after), limit)
}

// UpdateProfile changes name, limit and blocking of the actor's capacity profile where its version is still p.Version
// (ErrVersion otherwise). When it comes back stays for life (CAP-2). Agents without a limit of their own get the new one, for
// what is assigned from now on. ErrExists when another has the name, ErrNotFound when there is none.
func (db *DB) UpdateProfile(ctx context.Context, by access.Actor, p routing.Profile) (routing.Profile, error) {
	return profileResource.update(ctx, db, by, string(p.ID), p.Version, change[profileRow]{
		wish: func(old profileRow) profileRow {
			return profileRow{old.stampRow, old.ID, p.Name, p.Limit, old.Reset, p.Blocking}
		},
		after: func(tx *transaction, _, _ profileRow, _ []string) error {
			return settleHolders(ctx, tx, by.Tenant, p.ID)
		},
	})
}

// settleHolders has those who hold a capacity profile looked at again: their room has changed.
func settleHolders(ctx context.Context, tx *transaction, t conversation.Tenant, id routing.ProfileID) error {
	const query = `
		select a.id from agents a join agent_profiles p on p.tenant = a.tenant and p.agent_id = a.id
		where a.tenant = $1 and p.profile_id = $2 and a.deleted_at is null order by a.id for no key update of a`
	var holders []conversation.AgentID
	if err := tx.SelectContext(ctx, &holders, query, t, id); err != nil {
		return err
	}
	if err := settlePresence(ctx, tx, t, holders...); err != nil {
		return err
	}
	return triggerDistribution(ctx, tx, t, atOnce)
}

// DeleteProfile takes a capacity profile away. Deleting it again changes nothing. ErrInUse while an agent has it, or a
// workstream, a rule or an open conversation takes it; ErrNotFound when there never was one.
func (db *DB) DeleteProfile(ctx context.Context, by access.Actor, id routing.ProfileID) error {
	return profileResource.remove(ctx, db, by, string(id),
		`select from agent_profiles where tenant = $1 and profile_id = $2::uuid`,
		`select from workstreams where tenant = $1 and $2::uuid = any(profiles) and deleted_at is null`,
		`select from work_items where tenant = $1 and $2::uuid = any(profiles) and state <> 'done'`,
		`select from conversations where tenant = $1 and state <> 'closed' and classified @> jsonb_build_object('profiles', jsonb_build_array($2::text))`,
		ruleNames)
}
