package people

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/user"
)

// meView is the caller.
type meView struct {
	Name        string            `json:"name" doc:"Of the person, or of the API token"`
	Role        access.Role       `json:"role" enum:"admin,supervisor,agent"`
	UserID      *string           `json:"user_id" format:"uuid" doc:"Null for an API token"`
	Agent       *web.PresenceView `json:"agent" doc:"Whose work you do, whatever your role; null: nobody's"`
	Shift       bool              `json:"shift" doc:"Whether you are at work: your shift is on, or your API token has an event stream"`
	Locale      string            `json:"locale" enum:"zh-CN,en," doc:"Empty: what the browser says"`
	Preferences preferencesView   `json:"preferences"`
}

// TransformSchema implements huma.SchemaTransformer: agent may be null here, while a PresenceView is not null elsewhere.
func (meView) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	agent := s.Properties["agent"]
	agent.AnyOf, agent.Ref = []*huma.Schema{{Ref: agent.Ref}, {Type: "null"}}, ""
	return s
}

// GetMe answers who the caller is.
func (p *People) GetMe(ctx context.Context, _ *struct{}) (*struct{ Body meView }, error) {
	me, err := p.me(ctx, web.CallerOf(ctx).Principal)
	if err != nil {
		return nil, err
	}
	return &struct{ Body meView }{me}, nil
}

func (p *People) me(ctx context.Context, who access.Principal) (me meView, err error) {
	me = meView{Name: who.Name, Role: who.Role, UserID: web.OrNull(who.UserID)}
	if who.AgentID != "" {
		now, err := p.cfg.Presences.AgentNow(ctx, who.Tenant, who.AgentID)
		if err != nil {
			return me, err
		}
		v := web.ViewPresence(now)
		me.Agent = &v
		if me.Shift, err = p.cfg.Shifts.AtWork(ctx, who); err != nil {
			return me, err
		}
	}
	if who.UserID != "" {
		locale, chosen, err := p.cfg.Users.Preferences(ctx, who.Tenant, user.ID(who.UserID))
		if err != nil {
			return me, err
		}
		me.Locale, me.Preferences = locale, preferencesView{locale, chosen}
	}
	return me, nil
}
