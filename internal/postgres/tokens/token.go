package tokens

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
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/postgres/presence"
	"wxdesk/internal/postgres/resource"
	"wxdesk/internal/secret"
)

// TokenPrefix begins every API token, so that scanners recognise one that has leaked.
const TokenPrefix = "wxd_"

const tokenSize = 32 // random bytes

type tokenRow struct {
	Tenant     conversation.Tenant  `db:"tenant"`
	ID         string               `db:"id"`
	Name       string               `db:"name"`
	Role       access.Role          `db:"role"`
	AgentID    conversation.AgentID `db:"agent_id"`
	CreatedAt  time.Time            `db:"created_at"`
	ExpiresAt  time.Time            `db:"expires_at"`
	LastUsedAt *time.Time           `db:"last_used_at"`
	RevokedAt  *time.Time           `db:"revoked_at"`
	UseIsOld   bool                 `db:"use_is_old"` // the last use that is noted
}

const (
	tokenColumns = `tenant, id, name, role, coalesce(agent_id::text, '') as agent_id, created_at, expires_at, last_used_at, revoked_at,
		coalesce(last_used_at < statement_timestamp() - interval '1 minute', true) as use_is_old`
	liveTokens = `api_tokens where true`
	goodTokens = `api_tokens where revoked_at is null and expires_at > statement_timestamp()
		and not exists (select from agents a where a.tenant = api_tokens.tenant and a.id = api_tokens.agent_id and a.disabled)`
)

func (r tokenRow) principal() access.Principal {
	return access.Principal{Tenant: r.Tenant, TokenID: r.ID, Name: r.Name, Role: r.Role, AgentID: r.AgentID}
}

func (r tokenRow) info() access.TokenInfo {
	return access.TokenInfo{
		Principal: r.principal(), CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, LastUsedAt: postgres.OrEmpty(r.LastUsedAt), RevokedAt: postgres.OrEmpty(r.RevokedAt),
	}
}

// CreateToken makes an API token of the actor's tenant: TokenPrefix and 32 random bytes in base64url. Its text is given
// out here and never again. agentID is needed for access.RoleAgent; with another role the bearer
// is an agent besides. ErrNotFound when there is no such agent. It expires after life, at most access.MaxTokenLifetime.
func (db *DB) CreateToken(ctx context.Context, by access.Actor, name string, role access.Role, agentID conversation.AgentID, life time.Duration) (secret.Value, access.Principal, error) {
	random := make([]byte, tokenSize)
	_, _ = rand.Read(random) // never fails
	text := TokenPrefix + base64.RawURLEncoding.EncodeToString(random)
	hash := sha256.Sum256([]byte(text))
	p := access.Principal{Tenant: by.Tenant, TokenID: postgres.NewID(), Name: name, Role: role, AgentID: agentID}

	err := db.pool.InTx(ctx, "create an API token", func(tx *postgres.Tx) error {
		if agentID != "" {
			const query = `select id from ` + resource.LiveAgents + ` and tenant = $1 and id = $2 for key share`
			if err := tx.GetContext(ctx, new(string), query, p.Tenant, agentID); err != nil {
				return err
			}
		}
		const insert = `
			insert into api_tokens (tenant, id, name, role, agent_id, hash, expires_at)
			values ($1, $2, $3, $4, nullif($5, '')::uuid, $6, now() + $7 * interval '1 second')
			on conflict (tenant, id) do nothing`
		inserted, err := postgres.Affected(tx.ExecContext(ctx, insert, p.Tenant, p.TokenID, name, role, string(agentID), hash[:], life.Seconds()))
		if err != nil || inserted == 0 {
			return err
		}
		return audit.Record(ctx, tx, by, audit.TokenCreate, p.TokenID)
	})
	if err != nil {
		return secret.Value{}, access.Principal{}, err
	}
	return secret.New(text), p, nil
}

// RevokeToken makes a token of the actor's tenant useless at once. An agent who has just lost the connection is not waited for then.
// Revoking it again changes nothing. It returns ErrNotFound when there is none.
func (db *DB) RevokeToken(ctx context.Context, by access.Actor, id string) error {
	return db.pool.InTx(ctx, "revoke an API token", func(tx *postgres.Tx) error {
		const selectAgent = `select coalesce(agent_id::text, '') from api_tokens where tenant = $1 and id = $2`
		var agent conversation.AgentID
		if err := tx.GetContext(ctx, &agent, selectAgent, by.Tenant, id); err != nil {
			return err
		}
		if agent != "" {
			if err := capacity.LockAgents(ctx, tx, by.Tenant, []conversation.AgentID{agent}); err != nil {
				return err
			}
		}
		const query = `select revoked_at is not null from api_tokens where tenant = $1 and id = $2 for no key update`
		var revoked bool
		if err := tx.GetContext(ctx, &revoked, query, by.Tenant, id); err != nil || revoked {
			return err
		}
		const update = `update api_tokens set revoked_at = now() where tenant = $1 and id = $2`
		if _, err := tx.ExecContext(ctx, update, by.Tenant, id); err != nil {
			return err
		}
		if agent != "" {
			if err := db.presence.SignOut(ctx, tx, presence.AgentKey{Tenant: by.Tenant, ID: agent}); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, by, audit.TokenRevoke, id)
	})
}

// ListTokens returns a page of the tenant's API tokens, oldest first, including revoked and expired ones. after is the last id of
// the previous page, "" for the first page.
func (db *DB) ListTokens(ctx context.Context, t conversation.Tenant, after string, limit int) ([]access.TokenInfo, error) {
	var rows []tokenRow
	err := db.pool.SelectContext(ctx, &rows, `select `+tokenColumns+` from `+liveTokens+postgres.Page, t, after, limit)
	return postgres.Each(rows, tokenRow.info), postgres.Explain(ctx, "list API tokens", err)
}

// Authenticate finds the principal of an API token by the SHA-256 of its text, and notes that it was used. It returns
// ErrNotFound when it is unknown, revoked or expired, or its agent is disabled.
func (db *DB) Authenticate(ctx context.Context, hash [32]byte) (access.Principal, error) {
	var row tokenRow
	if err := db.pool.GetContext(ctx, &row, `select `+tokenColumns+` from `+goodTokens+` and hash = $1`, hash[:]); err != nil {
		return access.Principal{}, postgres.Explain(ctx, "find an API token", err)
	}
	db.noteUse(ctx, row)
	return row.principal(), nil
}

// StillGood returns those of the principals, in any order, whose API tokens and sessions count, as they are now, and notes that those
// API tokens are used.
func (db *DB) StillGood(ctx context.Context, asked []access.Principal) ([]access.Principal, error) {
	var tenants, ids, theirs, sessions []string
	for _, p := range asked {
		if p.SessionID != "" {
			theirs, sessions = append(theirs, string(p.Tenant)), append(sessions, p.SessionID)
			continue
		}
		tenants, ids = append(tenants, string(p.Tenant)), append(ids, p.TokenID)
	}
	people, err := db.users.GoodPeople(ctx, theirs, sessions)
	if err != nil || len(ids) == 0 {
		return people, err
	}
	const query = `select ` + tokenColumns + ` from ` + goodTokens + ` and (tenant, id) in (select * from unnest($1::text[], $2::uuid[]))`
	var rows []tokenRow
	if err := db.pool.SelectContext(ctx, &rows, query, pq.Array(tenants), pq.Array(ids)); err != nil {
		return nil, postgres.Explain(ctx, "ask whether API tokens count", err)
	}
	db.noteUse(ctx, rows...)
	return append(people, postgres.Each(rows, tokenRow.principal)...), nil
}

// noteUse writes the last use of API tokens whose last noted use is older than a minute. Of several requests at the same time one
// writes, and nobody waits. A use that cannot be written is written with the next one, so no request fails because of it.
func (db *DB) noteUse(ctx context.Context, rows ...tokenRow) {
	for _, row := range rows {
		if !row.UseIsOld {
			continue
		}
		const update = `
			update api_tokens set last_used_at = statement_timestamp() where (tenant, id) in (
				select tenant, id from api_tokens
				where tenant = $1 and id = $2 and coalesce(last_used_at < statement_timestamp() - interval '1 minute', true)
				for no key update skip locked)`
		_, _ = db.pool.ExecContext(ctx, update, row.Tenant, row.ID)
	}
}
