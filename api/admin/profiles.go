package admin

import (
	"context"
	"strings"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// CapacityProfiles stores capacity profiles: how many conversations of one kind an agent may have.
type CapacityProfiles interface {
	CreateProfile(ctx context.Context, by access.Actor, p routing.Profile) (routing.Profile, error)
	Profile(ctx context.Context, t conversation.Tenant, id routing.ProfileID) (routing.Profile, error)
	ListProfiles(ctx context.Context, t conversation.Tenant, after routing.ProfileID, limit int) ([]routing.Profile, error)
	// UpdateProfile changes everything except the reset, which cannot be changed.
	UpdateProfile(ctx context.Context, by access.Actor, p routing.Profile) (routing.Profile, error)
	DeleteProfile(ctx context.Context, by access.Actor, id routing.ProfileID) error
}

// profileReset says when what was taken comes back.
type profileReset string

const (
	resetImmediate profileReset = "immediate"
	resetEndOfDay  profileReset = "end_of_day"
)

// capacityProfileView is a capacity profile as the API shows it.
type capacityProfileView struct {
	ID       string       `json:"id" format:"uuid"`
	Name     string       `json:"name"`
	Limit    int          `json:"limit" doc:"Conversations at once, or in a day"`
	Reset    profileReset `json:"reset" enum:"immediate,end_of_day" doc:"When room comes back: with the end of the work, or of the agent's day"`
	Blocking bool         `json:"blocking" doc:"At the limit nothing at all is assigned"`
	StampView
}

func viewProfile(p routing.Profile) capacityProfileView {
	v := capacityProfileView{string(p.ID), p.Name, p.Limit, resetImmediate, p.Blocking, viewStamp(p.Stamp)}
	if p.EndOfDay {
		v.Reset = resetEndOfDay
	}
	return v
}

type newCapacityProfile struct {
	Name     string       `json:"name" minLength:"1" maxLength:"100"`
	Limit    amount       `json:"limit" doc:"Conversations at once, or in a day; at least 1"`
	Reset    profileReset `json:"reset,omitempty" enum:"immediate,end_of_day" default:"immediate" doc:"Stays for life"`
	Blocking bool         `json:"blocking,omitempty"`
}

func (a *Admin) CreateProfile(ctx context.Context, in *struct{ Body newCapacityProfile }) (*resourceCreated[capacityProfileView], error) {
	b := in.Body
	p := routing.Profile{Name: b.Name, EndOfDay: b.Reset == resetEndOfDay, Blocking: b.Blocking}
	faults := b.Limit.set(&p.Limit, "limit")
	faults = append(faults, profileFaults(p)...)
	if len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	created, err := a.cfg.Setup.CreateProfile(ctx, web.CallerOf(ctx).Actor(), p)
	if err != nil {
		return nil, err
	}
	return answerCreated(created, "/v1/capacity-profiles/"+string(created.ID), viewProfile), nil
}

// profileFaults tells what is wrong with a capacity profile.
func profileFaults(p routing.Profile) (faults []web.Fault) {
	if strings.TrimSpace(p.Name) == "" {
		faults = append(faults, web.FaultAt("body.name", "expected a name"))
	}
	if p.Limit < 1 {
		faults = append(faults, web.FaultAt("body.limit", "expected 1 or more"))
	}
	return faults
}

func (a *Admin) ListProfiles(ctx context.Context, in *web.PageQuery) (*resourcePage[capacityProfileView], error) {
	return listResources(ctx, a, "capacity-profiles", *in, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.Profile, error) {
		return a.cfg.Setup.ListProfiles(ctx, t, routing.ProfileID(after), limit)
	}, func(p routing.Profile) string { return string(p.ID) }, viewProfile)
}

func (a *Admin) GetProfile(ctx context.Context, in *ResourcePath) (*resourceAnswer[capacityProfileView], error) {
	p, err := a.cfg.Setup.Profile(ctx, web.CallerOf(ctx).Tenant, routing.ProfileID(in.ID))
	return answerResource(p, err, viewProfile)
}

type capacityProfileChange struct {
	Name     *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Limit    amount  `json:"limit,omitempty" doc:"At least 1"`
	Blocking *bool   `json:"blocking,omitempty"`
}

func (a *Admin) ChangeProfile(ctx context.Context, in *changing[capacityProfileChange]) (*resourceAnswer[capacityProfileView], error) {
	who := web.CallerOf(ctx)
	changed, err := changeResource(in.IfMatch,
		func() (routing.Profile, error) {
			return a.cfg.Setup.Profile(ctx, who.Tenant, routing.ProfileID(in.ID))
		},
		func(p *routing.Profile) []web.Fault {
			set(&p.Name, in.Body.Name)
			set(&p.Blocking, in.Body.Blocking)
			faults := in.Body.Limit.set(&p.Limit, "limit")
			return append(faults, profileFaults(*p)...)
		},
		func(p routing.Profile) (routing.Profile, error) {
			return a.cfg.Setup.UpdateProfile(ctx, who.Actor(), p)
		})
	return answerResource(changed, err, viewProfile)
}

func (a *Admin) DeleteProfile(ctx context.Context, in *ResourcePath) (*struct{}, error) {
	return nil, a.cfg.Setup.DeleteProfile(ctx, web.CallerOf(ctx).Actor(), routing.ProfileID(in.ID))
}
