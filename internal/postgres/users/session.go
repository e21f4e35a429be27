package users

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/secret"
	"wxdesk/internal/user"
)

// SessionPrefix and LinkPrefix begin the texts of sessions and of links that sign in, so that scanners recognise one that has leaked.
const (
	SessionPrefix = "wxs_"
	LinkPrefix    = "wxl_"
)

const textSize = 32 // random bytes

// newText returns a prefix with 32 random bytes in base64url, and the SHA-256 of the whole, which is what the ledger keeps.
func newText(prefix string) (text secret.Value, hash [32]byte) {
	random := make([]byte, textSize)
	_, _ = rand.Read(random) // never fails
	plain := prefix + base64.RawURLEncoding.EncodeToString(random)
	return secret.New(plain), sha256.Sum256([]byte(plain))
}

type sessionRow struct {
	Tenant   conversation.Tenant  `db:"tenant"`
	ID       string               `db:"id"`
	UserID   string               `db:"user_id"`
	Name     string               `db:"name"`
	Role     access.Role          `db:"role"`
	AgentID  conversation.AgentID `db:"agent_id"`
	SeenLong bool                 `db:"seen_long"` // seen_at is older than a minute
}

// goodSessions selects the sessions that are valid, each with its user. If the user's agent is disabled, the session has no agent; with the role
// agent it is not valid then.
const goodSessions = `
	select s.tenant, s.id, s.user_id, u.name, u.role, case when a.disabled then '' else coalesce(u.agent_id::text, '') end as agent_id,
		s.seen_at < statement_timestamp() - interval '1 minute' as seen_long
	from sessions s join users u on u.tenant = s.tenant and u.id = s.user_id left join agents a on a.tenant = u.tenant and a.id = u.agent_id
	where s.until > statement_timestamp() and s.seen_at + s.idle > statement_timestamp() and not u.disabled and u.deleted_at is null
		and (u.role <> 'agent' or not a.disabled)`

func (r sessionRow) principal() access.Principal {
	return access.Principal{Tenant: r.Tenant, UserID: r.UserID, SessionID: r.ID, Name: r.Name, Role: r.Role, AgentID: r.AgentID}
}

// AuthenticateSession finds the person of a session by the SHA-256 of its text, and notes that they were seen. It returns ErrNotFound if
// there is no such session, if it is over, or if the user may not sign in any more.
func (db *DB) AuthenticateSession(ctx context.Context, hash [32]byte) (access.Principal, error) {
	var row sessionRow
	if err := db.pool.GetContext(ctx, &row, goodSessions+` and s.hash = $1`, hash[:]); err != nil {
		return access.Principal{}, postgres.Explain(ctx, "find a session", err)
	}
	if row.SeenLong { // the request neither waits for this nor fails with it
		const update = `
			update sessions set seen_at = statement_timestamp() where (tenant, id) in (
				select tenant, id from sessions where tenant = $1 and id = $2 for no key update skip locked)`
		_, _ = db.pool.ExecContext(ctx, update, row.Tenant, row.ID)
	}
	return row.principal(), nil
}

// GoodPeople returns the people of those sessions that are still valid, with their present rights. It does not count as a request of theirs, so
// an open event stream keeps no session alive. tenants[i] is the tenant of sessions[i].
func (db *DB) GoodPeople(ctx context.Context, tenants, sessions []string) ([]access.Principal, error) {
	if len(sessions) == 0 {
		return nil, nil
	}
	var rows []sessionRow
	const query = goodSessions + ` and (s.tenant, s.id) in (select * from unnest($1::text[], $2::uuid[]))`
	if err := db.pool.SelectContext(ctx, &rows, query, pq.Array(tenants), pq.Array(sessions)); err != nil {
		return nil, postgres.Explain(ctx, "ask whether sessions count", err)
	}
	return postgres.Each(rows, sessionRow.principal), nil
}

// BeginSession begins the session of a person who has given their password. It replaces the session that the browser had. The text is
// returned here and never again. It returns ErrNotFound if the user may not sign in.
func (db *DB) BeginSession(ctx context.Context, t conversation.Tenant, id user.ID, o user.Opening) (secret.Value, access.Principal, error) {
	text, hash := newText(SessionPrefix)
	session := postgres.NewID()
	who, err := postgres.Transact(ctx, db.pool, "begin a session", func(tx *postgres.Tx) (access.Principal, error) {
		row, err := lockPerson(ctx, tx, t, id)
		if err != nil {
			return access.Principal{}, err
		}
		if err := db.forgetTries(ctx, tx, row, o.Network, session); err != nil {
			return access.Principal{}, err
		}
		return db.beginSession(ctx, tx, row, session, hash, o)
	})
	return text, who, err
}

// beginSession writes a session of a user, who is locked. A repeat with the same session changes nothing.
func (db *DB) beginSession(ctx context.Context, tx *postgres.Tx, u userRow, session string, hash [32]byte, o user.Opening) (who access.Principal, err error) {
	const replaced = `delete from sessions where tenant = $1 and hash = $2`
	if _, err := tx.ExecContext(ctx, replaced, u.Tenant, o.Replaces[:]); err != nil {
		return who, err
	}
	const tooMany = `
		delete from sessions where tenant = $1 and user_id = $2 and id in (
			select id from sessions where tenant = $1 and user_id = $2 and id <> $3 order by until > now() and seen_at + idle > now() desc, id desc offset $4)`
	if _, err := tx.ExecContext(ctx, tooMany, u.Tenant, u.ID, session, user.MaxSessions-1); err != nil {
		return who, err
	}
	if err := db.endIdleShift(ctx, tx, u); err != nil { // of earlier sessions that have all ended
		return who, err
	}
	const insert = `
		insert into sessions (tenant, id, user_id, hash, by_link, network, browser, idle, until)
		values ($1, $2, $3, $4, $5, $6, $7, $8 * interval '1 second', now() + $9 * interval '1 second')
		on conflict (tenant, id) do nothing`
	inserted, err := postgres.Affected(tx.ExecContext(ctx, insert, u.Tenant, session, u.ID, hash[:], o.ByLink, o.Network, o.Browser, o.Idle.Seconds(), o.Lifetime.Seconds()))
	if err != nil {
		return who, err
	}
	if inserted > 0 {
		if _, err := tx.ExecContext(ctx, `update users set last_sign_in_at = now() where tenant = $1 and id = $2`, u.Tenant, u.ID); err != nil {
			return who, err
		}
		how := "password"
		if o.ByLink {
			how = "link"
		}
		if err := audit.Record(ctx, tx, actorOf(u), audit.SessionBegin, session, how); err != nil {
			return who, err
		}
	}
	var row sessionRow
	err = tx.GetContext(ctx, &row, goodSessions+` and s.tenant = $1 and s.id = $2`, u.Tenant, session)
	return row.principal(), err
}

// SessionsOf lists a person's valid sessions, newest first.
func (db *DB) SessionsOf(ctx context.Context, t conversation.Tenant, id user.ID) ([]user.Session, error) {
	const query = `
		select id, by_link, network, browser, created_at, seen_at from sessions
		where tenant = $1 and user_id = $2 and until > now() and seen_at + idle > now() order by id desc limit $3`
	var rows []struct {
		ID        string    `db:"id"`
		ByLink    bool      `db:"by_link"`
		Network   string    `db:"network"`
		Browser   string    `db:"browser"`
		CreatedAt time.Time `db:"created_at"`
		SeenAt    time.Time `db:"seen_at"`
	}
	if err := db.pool.SelectContext(ctx, &rows, query, t, id, user.MaxSessions); err != nil {
		return nil, postgres.Explain(ctx, "list sessions", err)
	}
	list := make([]user.Session, len(rows))
	for i, r := range rows {
		list[i] = user.Session(r)
	}
	return list, nil
}

// EndSession ends one of a person's sessions. If it was the last, their shift ends too. It returns ErrNotFound if they have no such session.
func (db *DB) EndSession(ctx context.Context, t conversation.Tenant, id user.ID, session string) error {
	return db.pool.InTx(ctx, "end a session", func(tx *postgres.Tx) error {
		row, err := lockPerson(ctx, tx, t, id)
		if err != nil {
			return err
		}
		ended, err := postgres.Affected(tx.ExecContext(ctx, `delete from sessions where tenant = $1 and user_id = $2 and id = $3`, t, id, session))
		switch {
		case err != nil:
			return err
		case ended == 0:
			return conversation.ErrNotFound
		}
		if err := db.endIdleShift(ctx, tx, row); err != nil {
			return err
		}
		return audit.Record(ctx, tx, actorOf(row), audit.SessionEnd, session)
	})
}

// endSessions ends all sessions of a user except one, and removes their links; "" is no exception. The user and their agent must be locked.
func (db *DB) endSessions(ctx context.Context, tx *postgres.Tx, u userRow, but string) error {
	const links = `delete from sign_in_links where tenant = $1 and user_id = $2`
	if _, err := tx.ExecContext(ctx, links, u.Tenant, u.ID); err != nil {
		return err
	}
	const sessions = `delete from sessions where tenant = $1 and user_id = $2 and id::text <> $3`
	if _, err := tx.ExecContext(ctx, sessions, u.Tenant, u.ID, but); err != nil {
		return err
	}
	return db.endIdleShift(ctx, tx, u)
}

// endIdleShift ends the shift of a user who has no valid session left. The user and their agent must be locked.
func (db *DB) endIdleShift(ctx context.Context, tx *postgres.Tx, u userRow) error {
	const selectSignedIn = `select exists (select from sessions where tenant = $1 and user_id = $2 and until > now() and seen_at + idle > now())`
	var signedIn bool
	if err := tx.GetContext(ctx, &signedIn, selectSignedIn, u.Tenant, u.ID); err != nil || signedIn {
		return err
	}
	return db.presence.EndWork(ctx, tx, u.Tenant, string(u.ID), postgres.OrEmpty(u.AgentID))
}
