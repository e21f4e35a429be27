package users

import (
	"context"
	"encoding/json"
	"fmt"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/user"
)

// PasswordOf returns the user of a name and the hash of their password, "" if they have none yet. It returns ErrNotFound if nobody who
// may sign in has the name.
func (db *DB) PasswordOf(ctx context.Context, t conversation.Tenant, name string) (id user.ID, hash string, err error) {
	const query = `select id, coalesce(password, '') as password from ` + liveUsers + ` and not disabled and tenant = $1 and name_key = $2`
	var row struct {
		ID       user.ID `db:"id"`
		Password string  `db:"password"`
	}
	err = db.pool.GetContext(ctx, &row, query, t, user.Key(name))
	return row.ID, row.Password, postgres.Explain(ctx, "find a password", err)
}

// RenewPasswordHash replaces the hash of a password by another one of the same password. If the password was changed meanwhile, it
// changes nothing.
func (db *DB) RenewPasswordHash(ctx context.Context, t conversation.Tenant, id user.ID, old, hash string) error {
	const update = `update users set password = $4 where tenant = $1 and id = $2 and password = $3`
	_, err := db.pool.ExecContext(ctx, update, t, id, old, hash)
	return postgres.Explain(ctx, "renew the hash of a password", err)
}

// SetPassword keeps the hash of a new password that a person has chosen. Their other sessions end, and so do links. ErrNotFound when
// they may not sign in any more.
func (db *DB) SetPassword(ctx context.Context, by access.Principal, hash string) error {
	id := user.ID(by.UserID)
	return db.pool.InTx(ctx, "set a password", func(tx *postgres.Tx) error {
		row, err := lockPerson(ctx, tx, by.Tenant, id)
		if err != nil {
			return err
		}
		return db.setPassword(ctx, tx, row, hash, by.SessionID)
	})
}

// setPassword sets the password of a user and ends all their sessions except one; "" is no exception. The user and their agent must be locked.
func (db *DB) setPassword(ctx context.Context, tx *postgres.Tx, row userRow, hash, but string) error {
	if _, err := tx.ExecContext(ctx, `update users set password = $3 where tenant = $1 and id = $2`, row.Tenant, row.ID, hash); err != nil {
		return err
	}
	if err := db.endSessions(ctx, tx, row, but); err != nil {
		return err
	}
	return audit.Record(ctx, tx, actorOf(row), audit.UserPassword, string(row.ID))
}

func actorOf(r userRow) access.Actor {
	return access.Actor{Tenant: r.Tenant, Name: string(r.ID)}
}

// Preferences reads what a person has chosen, and their language.
func (db *DB) Preferences(ctx context.Context, t conversation.Tenant, id user.ID) (locale string, p user.Preferences, err error) {
	const query = `select locale, preferences from ` + liveUsers + ` and tenant = $1 and id = $2`
	var row struct {
		Locale      string                          `db:"locale"`
		Preferences postgres.JSON[user.Preferences] `db:"preferences"`
	}
	err = db.pool.GetContext(ctx, &row, query, t, id)
	return row.Locale, row.Preferences.V, postgres.Explain(ctx, "read preferences", err)
}

// SetPreferences changes preferences. Absent ones stay, and so does the language if it is nil.
func (db *DB) SetPreferences(ctx context.Context, t conversation.Tenant, id user.ID, locale *string, change user.Preferences) (string, user.Preferences, error) {
	type chosen struct {
		Locale      string                          `db:"locale"`
		Preferences postgres.JSON[user.Preferences] `db:"preferences"`
	}
	now, err := postgres.Transact(ctx, db.pool, "set preferences", func(tx *postgres.Tx) (row chosen, err error) {
		const query = `select locale, preferences from ` + liveUsers + ` and tenant = $1 and id = $2 for no key update`
		if err := tx.GetContext(ctx, &row, query, t, id); err != nil {
			return row, err
		}
		row.Preferences.V = row.Preferences.V.With(change)
		if locale != nil {
			row.Locale = *locale
		}
		text, err := json.Marshal(row.Preferences.V)
		if err != nil {
			return row, fmt.Errorf("encode preferences: %w", err)
		}
		_, err = tx.ExecContext(ctx, `update users set locale = $3, preferences = $4 where tenant = $1 and id = $2`, t, id, row.Locale, string(text))
		return row, err
	})
	return now.Locale, now.Preferences.V, err
}
