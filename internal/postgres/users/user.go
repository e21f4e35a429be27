package users

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/user"
)

// Order of locks: first the agent of a user, then the user. Where an administrator may be lost, all administrators of the tenant are locked with
// the user, in the order of their ids. So two changes at once cannot remove the last two.

type userRow struct {
	resource.StampRow
	ID           user.ID               `db:"id"`
	Name         string                `db:"name"`
	Key          string                `db:"name_key"`
	Role         access.Role           `db:"role"`
	AgentID      *conversation.AgentID `db:"agent_id"`
	Locale       string                `db:"locale"`
	Disabled     bool                  `db:"disabled"`
	HasPassword  bool                  `db:"has_password"`
	LastSignInAt *time.Time            `db:"last_sign_in_at"`
}

const (
	liveUsers   = `users where deleted_at is null`
	userColumns = resource.StampColumns + `, id, name, name_key, role, agent_id, locale, disabled, password is not null as has_password, last_sign_in_at`
)

func (r userRow) user() user.User {
	return user.User{
		Tenant: r.Tenant, ID: r.ID, Version: r.Version, CreatedAt: r.CreatedAt, Name: r.Name, Role: r.Role, AgentID: postgres.OrEmpty(r.AgentID), Locale: r.Locale,
		Disabled: r.Disabled, HasPassword: r.HasPassword, LastSignInAt: postgres.OrEmpty(r.LastSignInAt),
	}
}

// with returns the row with the settings of u.
func (r userRow) with(u user.User) userRow {
	r.Name, r.Key, r.Role, r.AgentID, r.Locale, r.Disabled = u.Name, user.Key(u.Name), u.Role, postgres.Pointer(u.AgentID), u.Locale, u.Disabled
	return r
}

// CreateUser adds a user of the actor's tenant and gives them their id; they have no password yet. ErrExists where another user has
// the name, or is the agent; routing.UnknownError when there is no such agent.
func (db *DB) CreateUser(ctx context.Context, by access.Actor, u user.User) (user.User, error) {
	u.ID = user.ID(postgres.NewID())
	return postgres.Transact(ctx, db.pool, "create a user", func(tx *postgres.Tx) (user.User, error) {
		if err := holdAgentOf(ctx, tx, by.Tenant, u); err != nil {
			return user.User{}, err
		}
		const insert = `
			insert into users (tenant, id, name, name_key, role, agent_id, locale, disabled)
			values (:tenant, :id, :name, :name_key, :role, :agent_id, :locale, :disabled)
			on conflict (tenant, id) do nothing`
		inserted, err := postgres.Affected(tx.NamedExecContext(ctx, insert, userRow{StampRow: resource.StampRow{Tenant: by.Tenant}, ID: u.ID}.with(u)))
		if err != nil {
			return user.User{}, err
		}
		if inserted > 0 {
			if err := audit.Record(ctx, tx, by, audit.UserCreate, string(u.ID)); err != nil {
				return user.User{}, err
			}
		}
		row, err := readUser(ctx, tx, by.Tenant, u.ID)
		return row.user(), err
	})
}

func holdAgentOf(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, u user.User) error {
	if u.AgentID == "" {
		return nil
	}
	return resource.Hold(ctx, tx, t, resource.LiveAgents, "agent_id", u.AgentID)
}

// User reads a user. It returns ErrNotFound if they are unknown or deleted.
func (db *DB) User(ctx context.Context, t conversation.Tenant, id user.ID) (user.User, error) {
	row, err := readUser(ctx, db.pool, t, id)
	return row.user(), postgres.Explain(ctx, "read a user", err)
}

// UserNamed reads a user by name, in any spelling that counts as the same.
func (db *DB) UserNamed(ctx context.Context, t conversation.Tenant, name string) (user.User, error) {
	var row userRow
	err := db.pool.GetContext(ctx, &row, `select `+userColumns+` from `+liveUsers+` and tenant = $1 and name_key = $2`, t, user.Key(name))
	return row.user(), postgres.Explain(ctx, "find a user", err)
}

func readUser(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id user.ID) (row userRow, err error) {
	err = sqlx.GetContext(ctx, q, &row, `select `+userColumns+` from `+liveUsers+` and tenant = $1 and id = $2`, t, id)
	return row, err
}

// ListUsers pages by id, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListUsers(ctx context.Context, t conversation.Tenant, after user.ID, limit int) ([]user.User, error) {
	var rows []userRow
	err := db.pool.SelectContext(ctx, &rows, `select `+userColumns+` from `+liveUsers+postgres.Page, t, after, limit)
	return postgres.Each(rows, userRow.user), postgres.Explain(ctx, "list users", err)
}

// UpdateUser replaces the settings of the actor's user where their version is still u.Version (ErrVersion otherwise). A change of
// rights ends their sessions, and with them their event streams and their shift. user.ErrLastAdmin where no administrator would be
// left, ErrExists where another user has the name or is the agent, routing.UnknownError when there is no such agent, ErrNotFound when
// there is no such user.
func (db *DB) UpdateUser(ctx context.Context, by access.Actor, u user.User) (user.User, error) {
	return postgres.Transact(ctx, db.pool, "update a user", func(tx *postgres.Tx) (user.User, error) {
		old, admins, err := lockUser(ctx, tx, by.Tenant, u.ID, u.AgentID)
		if err != nil {
			return user.User{}, err
		}
		row := old.with(u)
		columns := slices.DeleteFunc(resource.ChangedColumns(old, row), func(column string) bool { return column == "name_key" })
		if done, err := resource.Settled(old.Version, u.Version, columns); done || err != nil {
			return old.user(), err
		}
		if old.user().Administers() && !row.user().Administers() && admins < 2 {
			return user.User{}, user.ErrLastAdmin
		}
		if slices.Contains(columns, "agent_id") {
			if err := holdAgentOf(ctx, tx, by.Tenant, u); err != nil {
				return user.User{}, err
			}
		}
		if user.EndsSessions(old.user(), row.user()) {
			if err := db.endSessions(ctx, tx, old, ""); err != nil {
				return user.User{}, err
			}
		}
		const update = `
			update users set name = :name, name_key = :name_key, role = :role, agent_id = :agent_id, locale = :locale, disabled = :disabled,
				version = version + 1, updated_at = now()
			where tenant = :tenant and id = :id`
		if _, err := tx.NamedExecContext(ctx, update, row); err != nil {
			return user.User{}, err
		}
		if err := audit.Record(ctx, tx, by, audit.UserUpdate, string(u.ID), columns...); err != nil {
			return user.User{}, err
		}
		now, err := readUser(ctx, tx, by.Tenant, u.ID)
		return now.user(), err
	})
}

// DeleteUser removes a user, with their password, sessions and links; what they wrote stays readable under their name. A repeat
// changes nothing. user.ErrLastAdmin as of UpdateUser, ErrNotFound when there never was one.
func (db *DB) DeleteUser(ctx context.Context, by access.Actor, id user.ID) error {
	return db.pool.InTx(ctx, "delete a user", func(tx *postgres.Tx) error {
		var deleted bool
		if err := tx.GetContext(ctx, &deleted, `select deleted_at is not null from users where tenant = $1 and id = $2`, by.Tenant, id); err != nil || deleted {
			return err
		}
		old, admins, err := lockUser(ctx, tx, by.Tenant, id, "")
		switch {
		case err != nil:
			return err
		case old.user().Administers() && admins < 2:
			return user.ErrLastAdmin
		}
		if err := db.endSessions(ctx, tx, old, ""); err != nil {
			return err
		}
		const remove = `
			update users set deleted_at = now(), disabled = true, password = null, preferences = '{}', version = version + 1, updated_at = now()
			where tenant = $1 and id = $2`
		if _, err := tx.ExecContext(ctx, remove, by.Tenant, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.UserDelete, string(id))
	})
}

// lockPerson locks a user's agent, then the user.
func lockPerson(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id user.ID) (userRow, error) {
	row, _, err := lockUsers(ctx, tx, t, id, "", `id = $2`)
	return row, err
}

// lockUser locks a user's agent and the agent that they become ("" for none), then the user together with all administrators of the tenant. It
// returns the user, and how many administrators there are.
func lockUser(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id user.ID, another conversation.AgentID) (row userRow, admins int, err error) {
	return lockUsers(ctx, tx, t, id, another, `(id = $2 or role = 'admin' and not disabled)`)
}

func lockUsers(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id user.ID, another conversation.AgentID, which string) (row userRow, admins int, err error) {
	before, err := readUser(ctx, tx, t, id)
	if err != nil {
		return row, 0, err
	}
	agents := slices.DeleteFunc([]conversation.AgentID{postgres.OrEmpty(before.AgentID), another}, func(a conversation.AgentID) bool { return a == "" })
	if err := capacity.LockAgents(ctx, tx, t, agents); err != nil {
		return row, 0, err
	}
	var rows []userRow
	query := `select ` + userColumns + ` from ` + liveUsers + ` and tenant = $1 and ` + which + ` order by id for no key update`
	if err := tx.SelectContext(ctx, &rows, query, t, id); err != nil {
		return row, 0, err
	}
	there := false
	for _, r := range rows {
		if r.user().Administers() {
			admins++
		}
		if r.ID == id {
			row, there = r, true
		}
	}
	if !there || postgres.OrEmpty(row.AgentID) != postgres.OrEmpty(before.AgentID) {
		return row, 0, postgres.ErrAgain // changed before it was locked
	}
	return row, admins, nil
}
