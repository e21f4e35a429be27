package users

import (
	"context"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/secret"
	"wxdesk/internal/user"
)

// MakeLink makes a link that signs a user in once, within user.LinkLifetime, and removes their earlier links. Its code is returned here and never
// again. A link with hereOnly, as `wxdesk dev` makes it, needs no password and works on this machine alone. ErrNotFound when there is no such
// user.
func (db *DB) MakeLink(ctx context.Context, by access.Actor, id user.ID, hereOnly bool) (code secret.Value, until time.Time, err error) {
	code, hash := newText(LinkPrefix)
	until, err = postgres.Transact(ctx, db.pool, "make a link that signs in", func(tx *postgres.Tx) (until time.Time, err error) {
		if _, err := lockPerson(ctx, tx, by.Tenant, id); err != nil {
			return until, err
		}
		const old = `delete from sign_in_links where tenant = $1 and user_id = $2`
		if _, err := tx.ExecContext(ctx, old, by.Tenant, id); err != nil {
			return until, err
		}
		const insert = `
			insert into sign_in_links (hash, tenant, user_id, here_only, until) values ($1, $2, $3, $4, now() + $5 * interval '1 second')
			returning until`
		if err := tx.GetContext(ctx, &until, insert, hash[:], by.Tenant, id, hereOnly, user.LinkLifetime.Seconds()); err != nil {
			return until, err
		}
		return until, audit.Record(ctx, tx, by, audit.UserLink, string(id))
	})
	return code, until, err
}

// FindLink finds a link by the SHA-256 of its code, and does not use it up. ErrNotFound when the link is unknown, used or over, or its user
// may not sign in.
func (db *DB) FindLink(ctx context.Context, hash [32]byte) (user.Link, error) {
	const query = `
		select l.tenant, l.user_id, u.name, u.password is not null as has_password, l.here_only
		from sign_in_links l join users u on u.tenant = l.tenant and u.id = l.user_id
		where l.hash = $1 and l.until > now() and not u.disabled and u.deleted_at is null`
	var row struct {
		Tenant      conversation.Tenant `db:"tenant"`
		UserID      user.ID             `db:"user_id"`
		Name        string              `db:"name"`
		HasPassword bool                `db:"has_password"`
		HereOnly    bool                `db:"here_only"`
	}
	err := db.pool.GetContext(ctx, &row, query, hash[:])
	return user.Link(row), postgres.Explain(ctx, "find a link that signs in", err)
}

// UseLink uses a link up and signs its user in. If password is not "", it is the hash of a new password. ErrNotFound as of FindLink, and when
// another call has used the link meanwhile.
func (db *DB) UseLink(ctx context.Context, link user.Link, hash [32]byte, password string, o user.Opening) (secret.Value, access.Principal, error) {
	o.ByLink = true
	text, sessionHash := newText(SessionPrefix)
	session := postgres.NewID()
	who, err := postgres.Transact(ctx, db.pool, "sign in by a link", func(tx *postgres.Tx) (access.Principal, error) {
		row, err := lockPerson(ctx, tx, link.Tenant, link.UserID)
		if err != nil {
			return access.Principal{}, err
		}
		const take = `delete from sign_in_links where hash = $1 and tenant = $2 and user_id = $3 and until > now()`
		taken, err := postgres.Affected(tx.ExecContext(ctx, take, hash[:], link.Tenant, link.UserID))
		if err != nil {
			return access.Principal{}, err
		}
		if taken == 0 { // used by another call, or by this one before the answer to its COMMIT was lost
			var before sessionRow
			err := tx.GetContext(ctx, &before, goodSessions+` and s.tenant = $1 and s.id = $2`, link.Tenant, session)
			return before.principal(), err
		}
		if password != "" {
			if err := db.setPassword(ctx, tx, row, password, ""); err != nil {
				return access.Principal{}, err
			}
		}
		return db.beginSession(ctx, tx, row, session, sessionHash, o)
	})
	return text, who, err
}
