package api

import (
	"context"
	"time"

	"wxdesk/internal/conversation"
)

// tokenView is an API token as the API shows it, never its text.
type tokenView struct {
	ID         string            `json:"id" format:"uuid"`
	Name       string            `json:"name"`
	Role       conversation.Role `json:"role" enum:"admin,supervisor,agent,bot"`
	AgentID    *string           `json:"agent_id" format:"uuid" doc:"Of the role agent"`
	CreatedAt  time.Time         `json:"created_at"`
	ExpiresAt  time.Time         `json:"expires_at"`
	LastUsedAt *time.Time        `json:"last_used_at" doc:"To a minute; null: never"`
	RevokedAt  *time.Time        `json:"revoked_at" doc:"null: it was not"`
}

func viewToken(t conversation.TokenInfo) tokenView {
	return tokenView{
		ID: t.TokenID, Name: t.Name, Role: t.Role, AgentID: orNull(string(t.AgentID)),
		CreatedAt: t.CreatedAt.UTC(), ExpiresAt: t.ExpiresAt.UTC(), LastUsedAt: timeOrNull(t.LastUsedAt), RevokedAt: timeOrNull(t.RevokedAt),
	}
}

func (a *API) listTokens(ctx context.Context, in *PageQuery) (*partPage[tokenView], error) {
	return listParts(ctx, a, "tokens", *in, a.cfg.Tokens.ListTokens, func(t conversation.TokenInfo) string { return t.TokenID }, viewToken)
}

func (a *API) revokeToken(ctx context.Context, in *PartPath) (*struct{}, error) {
	return nil, a.cfg.Tokens.RevokeToken(ctx, callerOf(ctx).actor(), in.ID)
}
