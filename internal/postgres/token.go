package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// TokenPrefix begins every API token, so that scanners recognise one that has leaked.
const TokenPrefix = "wxd_"

const tokenSize = 32 // random bytes

// TokenInfo is an API token without its text, of which only the SHA-256 is kept.
type TokenInfo struct {
	conversation.Principal
	CreatedAt time.Time
	RevokedAt time.Time // zero while it is good
}

type tokenRow struct {
	Tenant    conversation.Tenant  `db:"tenant"`
	ID        string               `db:"id"`
	Name      string               `db:"name"`
	Role      conversation.Role    `db:"role"`
	AgentID   conversation.AgentID `db:"agent_id"`
	CreatedAt time.Time            `db:"created_at"`
	RevokedAt *time.Time           `db:"revoked_at"`
}

const tokenColumns = `tenant, id, name, role, coalesce(agent_id::text, '') as agent_id, created_at, revoked_at`

func (r tokenRow) principal() conversation.Principal {
	return conversation.Principal{Tenant: r.Tenant, TokenID: r.ID, Name: r.Name, Role: r.Role, AgentID: r.AgentID}
}

// CreateToken makes an API token of the actor's tenant: TokenPrefix and 32 random bytes in base64url. Its text is given
// out here and never again. agentID is needed for conversation.RoleAgent and must be "" otherwise; ErrNotFound when there is
// no such agent.
func (db *DB) CreateToken(ctx context.Context, by conversation.Actor, name string, role conversation.Role, agentID conversation.AgentID) (secret.Value, conversation.Principal, error) {
	random := make([]byte, tokenSize)
	_, _ = rand.Read(random) // never fails
	text := TokenPrefix + base64.RawURLEncoding.EncodeToString(random)
	hash := sha256.Sum256([]byte(text))
	p := conversation.Principal{Tenant: by.Tenant, TokenID: newID(), Name: name, Role: role, AgentID: agentID}

	err := db.inTx(ctx, "create an API token", func(tx *sqlx.Tx) error {
		if agentID != "" {
			const query = `select id from ` + liveAgents + ` and tenant = $1 and id = $2 for key share`
			if err := tx.GetContext(ctx, new(string), query, p.Tenant, agentID); err != nil {
				return err
			}
		}
		const insert = `
			insert into api_tokens (tenant, id, name, role, agent_id, hash) values ($1, $2, $3, $4, nullif($5, '')::uuid, $6)
			on conflict (tenant, id) do nothing`
		inserted, err := affected(tx.ExecContext(ctx, insert, p.Tenant, p.TokenID, name, role, string(agentID), hash[:]))
		if err != nil || inserted == 0 {
			return err
		}
		return record(ctx, tx, by, actTokenCreate, p.TokenID)
	})
	if err != nil {
		return secret.Value{}, conversation.Principal{}, err
	}
	return secret.New(text), p, nil
}

// RevokeToken makes a token of the actor's tenant useless at once. Revoking it again changes nothing. ErrNotFound when
// there is none.
func (db *DB) RevokeToken(ctx context.Context, by conversation.Actor, id string) error {
	return db.inTx(ctx, "revoke an API token", func(tx *sqlx.Tx) error {
		const query = `select revoked_at is not null from api_tokens where tenant = $1 and id = $2 for no key update`
		var revoked bool
		if err := tx.GetContext(ctx, &revoked, query, by.Tenant, id); err != nil || revoked {
			return err
		}
		const update = `update api_tokens set revoked_at = now() where tenant = $1 and id = $2`
		if _, err := tx.ExecContext(ctx, update, by.Tenant, id); err != nil {
			return err
		}
		return record(ctx, tx, by, actTokenRevoke, id)
	})
}

// ListTokens lists a tenant's tokens, oldest first, revoked ones included.
func (db *DB) ListTokens(ctx context.Context, t conversation.Tenant) ([]TokenInfo, error) {
	const query = `select ` + tokenColumns + ` from api_tokens where tenant = $1 order by created_at, id`
	var rows []tokenRow
	if err := db.sql.SelectContext(ctx, &rows, query, t); err != nil {
		return nil, explain(ctx, "list API tokens", err)
	}
	tokens := make([]TokenInfo, len(rows))
	for i, row := range rows {
		tokens[i] = TokenInfo{Principal: row.principal(), CreatedAt: row.CreatedAt}
		if row.RevokedAt != nil {
			tokens[i].RevokedAt = *row.RevokedAt
		}
	}
	return tokens, nil
}

// Authenticate finds the principal of an API token by the SHA-256 of its text. ErrNotFound when it is unknown or revoked, or
// its agent is disabled.
func (db *DB) Authenticate(ctx context.Context, hash [32]byte) (conversation.Principal, error) {
	const query = `
		select ` + tokenColumns + ` from api_tokens
		where hash = $1 and revoked_at is null
			and not exists (select from agents a where a.tenant = api_tokens.tenant and a.id = api_tokens.agent_id and a.disabled)`
	var row tokenRow
	err := db.sql.GetContext(ctx, &row, query, hash[:])
	return row.principal(), explain(ctx, "find an API token", err)
}
