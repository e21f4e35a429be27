package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

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

const profileColumns = stampColumns + `, id, name, item_limit, reset, blocking`

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
func (db *DB) CreateProfile(ctx context.Context, by conversation.Actor, p routing.Profile) (routing.Profile, error) {
	row := profileRow{stampRow{Tenant: by.Tenant}, routing.ProfileID(newID()), p.Name, p.Limit, resetImmediate, p.Blocking}
	if p.EndOfDay {
		row.Reset = resetEndOfDay
	}
	return transact(ctx, db, "create capacity profile "+string(row.ID), func(tx *sqlx.Tx) (routing.Profile, error) {
		const insert = `
			insert into capacity_profiles (tenant, id, name, item_limit, reset, blocking)
			values (:tenant, :id, :name, :item_limit, :reset, :blocking)
			on conflict (tenant, id) do nothing`
		inserted, err := affected(tx.NamedExecContext(ctx, insert, row))
		if err != nil {
			return routing.Profile{}, err
		}
		if inserted > 0 {
			if err := record(ctx, tx, by, actProfileCreate, string(row.ID)); err != nil {
				return routing.Profile{}, err
			}
		}
		return readProfile(ctx, tx, by.Tenant, row.ID)
	})
}

// Profile reads one. ErrNotFound when there is none.
func (db *DB) Profile(ctx context.Context, t conversation.Tenant, id routing.ProfileID) (routing.Profile, error) {
	p, err := readProfile(ctx, db.sql, t, id)
	return p, explain(ctx, "read capacity profile", err)
}

// ListProfiles pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListProfiles(ctx context.Context, t conversation.Tenant, after routing.ProfileID, limit int) ([]routing.Profile, error) {
	var rows []profileRow
	err := db.sql.SelectContext(ctx, &rows, `select `+profileColumns+` from `+liveProfiles+pages, t, after, limit)
	return each(rows, profileRow.profile), explain(ctx, "list capacity profiles", err)
}

// UpdateProfile changes name, limit and blocking of the actor's capacity profile where its version is still p.Version
// (ErrVersion otherwise). When it comes back stays for life (CAP-2). Agents without a limit of their own get the new one, for
// what is assigned from now on. ErrExists when another has the name, ErrNotFound when there is none.
func (db *DB) UpdateProfile(ctx context.Context, by conversation.Actor, p routing.Profile) (routing.Profile, error) {
	return transact(ctx, db, "update capacity profile", func(tx *sqlx.Tx) (routing.Profile, error) {
		const query = `select ` + profileColumns + ` from capacity_profiles where tenant = $1 and id = $2 for no key update`
		var old profileRow
		if err := tx.GetContext(ctx, &old, query, by.Tenant, p.ID); err != nil {
			return routing.Profile{}, err
		}
		row := profileRow{old.stampRow, old.ID, p.Name, p.Limit, old.Reset, p.Blocking}
		columns := changedColumns(old, row)
		if done, err := settled(old.Version, p.Version, columns); done || err != nil {
			return old.profile(), err
		}
		const update = `
			update capacity_profiles set name = :name, item_limit = :item_limit, blocking = :blocking, version = version + 1, updated_at = now()
			where tenant = :tenant and id = :id`
		if _, err := tx.NamedExecContext(ctx, update, row); err != nil {
			return routing.Profile{}, err
		}
		if err := settleHolders(ctx, tx, by.Tenant, p.ID); err != nil {
			return routing.Profile{}, err
		}
		if err := record(ctx, tx, by, actProfileUpdate, string(p.ID), columns...); err != nil {
			return routing.Profile{}, err
		}
		return readProfile(ctx, tx, by.Tenant, p.ID)
	})
}

// settleHolders has those who hold a capacity profile looked at again: their room has changed.
func settleHolders(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, id routing.ProfileID) error {
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
	return wake(ctx, tx, t, atOnce)
}

// DeleteProfile takes a capacity profile away. Deleting it again changes nothing. ErrInUse while an agent has it, or a
// workstream, a rule or an open conversation takes it; ErrNotFound when there never was one.
func (db *DB) DeleteProfile(ctx context.Context, by conversation.Actor, id routing.ProfileID) error {
	return db.inTx(ctx, "delete capacity profile", func(tx *sqlx.Tx) error {
		removed, err := takeAway(ctx, tx, by.Tenant, "capacity_profiles", actProfileDelete, id,
			`select from agent_profiles where tenant = $1 and profile_id = $2::uuid`,
			`select from workstreams where tenant = $1 and $2::uuid = any(profiles) and deleted_at is null`,
			`select from work_items where tenant = $1 and $2::uuid = any(profiles) and state <> 'done'`,
			`select from conversations where tenant = $1 and state <> 'closed' and classified @> jsonb_build_object('profiles', jsonb_build_array($2::text))`,
			ruleNames)
		if err != nil || !removed {
			return err
		}
		return record(ctx, tx, by, actProfileDelete, string(id))
	})
}

func readProfile(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id routing.ProfileID) (routing.Profile, error) {
	const query = `select ` + profileColumns + ` from capacity_profiles where tenant = $1 and id = $2`
	var row profileRow
	err := sqlx.GetContext(ctx, q, &row, query, t, id)
	return row.profile(), err
}
