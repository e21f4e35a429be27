package admin

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// CustomPresences stores presences that administrators have named.
type CustomPresences interface {
	CreateCustomPresence(ctx context.Context, by access.Actor, p routing.CustomPresence) (routing.CustomPresence, error)
	CustomPresence(ctx context.Context, t conversation.Tenant, id routing.PresenceID) (routing.CustomPresence, error)
	ListCustomPresences(ctx context.Context, t conversation.Tenant, after routing.PresenceID, limit int) ([]routing.CustomPresence, error)
	UpdateCustomPresence(ctx context.Context, by access.Actor, p routing.CustomPresence) (routing.CustomPresence, error)
	DeleteCustomPresence(ctx context.Context, by access.Actor, id routing.PresenceID) error
}

// customPresenceView is a custom presence as the API shows it.
type customPresenceView struct {
	ID   string           `json:"id" format:"uuid"`
	Name string           `json:"name"`
	Text string           `json:"text" doc:"What an agent shows"`
	Base routing.Presence `json:"base" enum:"available,busy,dnd,away,offline" doc:"What it counts as"`
	StampView
}

func viewCustomPresence(p routing.CustomPresence) customPresenceView {
	return customPresenceView{string(p.ID), p.Name, p.Text, p.Base, viewStamp(p.Stamp)}
}

type newCustomPresence struct {
	Name string           `json:"name" minLength:"1" maxLength:"100"`
	Text string           `json:"text" minLength:"1" maxLength:"100" doc:"What an agent shows"`
	Base routing.Presence `json:"base" enum:"available,busy,dnd,away,offline" doc:"What routing, automatic changes and transfers take it for"`
}

func (a *Admin) CreateCustomPresence(ctx context.Context, in *struct{ Body newCustomPresence }) (*resourceCreated[customPresenceView], error) {
	p := routing.CustomPresence{Name: in.Body.Name, Text: in.Body.Text, Base: in.Body.Base}
	if faults := bodyFaults(routing.CheckCustomPresence(p)); len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	created, err := a.cfg.Setup.CreateCustomPresence(ctx, web.CallerOf(ctx).Actor(), p)
	if err != nil {
		return nil, err
	}
	return answerCreated(created, "/v1/custom-presences/"+string(created.ID), viewCustomPresence), nil
}

func (a *Admin) ListCustomPresences(ctx context.Context, in *web.PageQuery) (*resourcePage[customPresenceView], error) {
	return listResources(ctx, a, "custom-presences", *in, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.CustomPresence, error) {
		return a.cfg.Setup.ListCustomPresences(ctx, t, routing.PresenceID(after), limit)
	}, func(p routing.CustomPresence) string { return string(p.ID) }, viewCustomPresence)
}

func (a *Admin) GetCustomPresence(ctx context.Context, in *ResourcePath) (*resourceAnswer[customPresenceView], error) {
	p, err := a.cfg.Setup.CustomPresence(ctx, web.CallerOf(ctx).Tenant, routing.PresenceID(in.ID))
	return answerResource(p, err, viewCustomPresence)
}

type customPresenceChange struct {
	Name *string           `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Text *string           `json:"text,omitempty" minLength:"1" maxLength:"100"`
	Base *routing.Presence `json:"base,omitempty" enum:"available,busy,dnd,away,offline" doc:"Changes only while nobody shows it"`
}

func (a *Admin) ChangeCustomPresence(ctx context.Context, in *changing[customPresenceChange]) (*resourceAnswer[customPresenceView], error) {
	who := web.CallerOf(ctx)
	changed, err := changeResource(in.IfMatch,
		func() (routing.CustomPresence, error) {
			return a.cfg.Setup.CustomPresence(ctx, who.Tenant, routing.PresenceID(in.ID))
		},
		func(p *routing.CustomPresence) []web.Fault {
			set(&p.Name, in.Body.Name)
			set(&p.Text, in.Body.Text)
			set(&p.Base, in.Body.Base)
			return bodyFaults(routing.CheckCustomPresence(*p))
		},
		func(p routing.CustomPresence) (routing.CustomPresence, error) {
			return a.cfg.Setup.UpdateCustomPresence(ctx, who.Actor(), p)
		})
	return answerResource(changed, err, viewCustomPresence)
}

func (a *Admin) DeleteCustomPresence(ctx context.Context, in *ResourcePath) (*struct{}, error) {
	return nil, a.cfg.Setup.DeleteCustomPresence(ctx, web.CallerOf(ctx).Actor(), routing.PresenceID(in.ID))
}
