package admin

import (
	"context"
	"errors"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// Tokens stores API tokens.
type Tokens interface {
	// ListTokens lists oldest first, what counts no more included; after is the last id of the page before, "" for the first page.
	ListTokens(ctx context.Context, t conversation.Tenant, after string, limit int) ([]access.TokenInfo, error)
	// CreateToken makes one and gives out its text. ErrNotFound when there is no such agent.
	CreateToken(ctx context.Context, by access.Actor, name string, role access.Role, agentID conversation.AgentID, life time.Duration) (secret.Value, access.Principal, error)
	// RevokeToken makes a token useless at once; again it changes nothing. ErrNotFound when there is none.
	RevokeToken(ctx context.Context, by access.Actor, id string) error
}

// tokenView is an API token as the API shows it, never its text.
type tokenView struct {
	ID         string      `json:"id" format:"uuid"`
	Name       string      `json:"name"`
	Role       access.Role `json:"role" enum:"admin,supervisor,agent"`
	AgentID    *string     `json:"agent_id" format:"uuid" doc:"Whose work it does, whatever its role"`
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

type newToken struct {
	Name    string      `json:"name" minLength:"1" maxLength:"100" doc:"What the token is for"`
	Role    access.Role `json:"role" enum:"admin,supervisor,agent"`
	AgentID string      `json:"agent_id,omitempty" format:"uuid" doc:"Whose work it does; needed with the role agent"`
	Days    int         `json:"days,omitempty" minimum:"1" maximum:"365" default:"90" doc:"After how many days it expires"`
}

// tokenCreated is an API token with its text, which is shown once.
type tokenCreated struct {
	ID        string      `json:"id" format:"uuid"`
	Name      string      `json:"name"`
	Role      access.Role `json:"role" enum:"admin,supervisor,agent"`
	AgentID   *string     `json:"agent_id" format:"uuid"`
	ExpiresAt time.Time   `json:"expires_at"`
	Token     string      `json:"token" doc:"Shown now and never again"`
}

func (a *Admin) CreateToken(ctx context.Context, in *struct{ Body newToken }) (*struct{ Body tokenCreated }, error) {
	b := in.Body
	switch {
	case b.AgentID != "" && !web.IsUUID(b.AgentID):
		return nil, web.Invalid.Problem(web.FaultAt("body.agent_id", "expected a UUID in lower case"))
	case b.Role == access.RoleAgent && b.AgentID == "":
		return nil, web.Invalid.Problem(web.FaultAt("body.agent_id", "expected an agent, with the role agent"))
	}
	life := time.Duration(b.Days) * 24 * time.Hour
	text, who, err := a.cfg.Tokens.CreateToken(ctx, web.CallerOf(ctx).Actor(), b.Name, b.Role, conversation.AgentID(b.AgentID), life)
	switch {
	case errors.Is(err, conversation.ErrNotFound):
		return nil, web.Invalid.Problem(web.FaultAt("body.agent_id", "expected only what there is"))
	case err != nil:
		return nil, err
	}
	return &struct{ Body tokenCreated }{tokenCreated{
		ID: who.TokenID, Name: who.Name, Role: who.Role, AgentID: web.OrNull(string(who.AgentID)), ExpiresAt: a.cfg.Now().Add(life).UTC(), Token: text.Reveal(),
	}}, nil
}
