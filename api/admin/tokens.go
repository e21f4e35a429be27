package admin

import (
	"context"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// Tokens stores API tokens.
type Tokens interface {
	// ListTokens lists oldest first, what counts no more included; after is the last id of the page before, "" for the first page.
	ListTokens(ctx context.Context, t conversation.Tenant, after string, limit int) ([]access.TokenInfo, error)
	// RevokeToken makes a token useless at once; again it changes nothing. It returns ErrNotFound when there is none.
	RevokeToken(ctx context.Context, by access.Actor, id string) error
}

// tokenView is an API token as the API shows it, never its text.
type tokenView struct {
	ID         string      `json:"id" format:"uuid"`
	Name       string      `json:"name"`
	Role       access.Role `json:"role" enum:"admin,supervisor,agent,bot"`
	AgentID    *string     `json:"agent_id" format:"uuid" doc:"Of the role agent"`
	CreatedAt  time.Time   `json:"created_at"`
	ExpiresAt  time.Time   `json:"expires_at"`
	LastUsedAt *time.Time  `json:"last_used_at" doc:"To a minute; null: never"`
	RevokedAt  *time.Time  `json:"revoked_at" doc:"null: it was not"`
}

func viewToken(t access.TokenInfo) tokenView {
	return tokenView{
		ID: t.TokenID, Name: t.Name, Role: t.Role, AgentID: web.OrNull(string(t.AgentID)),
		CreatedAt: t.CreatedAt.UTC(), ExpiresAt: t.ExpiresAt.UTC(), LastUsedAt: web.TimeOrNull(t.LastUsedAt), RevokedAt: web.TimeOrNull(t.RevokedAt),
	}
}

func (a *Admin) ListTokens(ctx context.Context, in *web.PageQuery) (*resourcePage[tokenView], error) {
	return listResources(ctx, a, "tokens", *in, a.cfg.Tokens.ListTokens, func(t access.TokenInfo) string { return t.TokenID }, viewToken)
}

func (a *Admin) RevokeToken(ctx context.Context, in *ResourcePath) (*struct{}, error) {
	return nil, a.cfg.Tokens.RevokeToken(ctx, web.CallerOf(ctx).Actor(), in.ID)
}
