package admin

import (
	"context"
	"strings"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Skills stores the skills that agents have and conversations may need.
type Skills interface {
	CreateSkill(ctx context.Context, by access.Actor, s routing.Skill) (routing.Skill, error)
	Skill(ctx context.Context, t conversation.Tenant, id routing.SkillID) (routing.Skill, error)
	ListSkills(ctx context.Context, t conversation.Tenant, after routing.SkillID, limit int) ([]routing.Skill, error)
	UpdateSkill(ctx context.Context, by access.Actor, s routing.Skill) (routing.Skill, error)
	DeleteSkill(ctx context.Context, by access.Actor, id routing.SkillID) error
}

// skillView is a skill as the API shows it.
type skillView struct {
	ID   string `json:"id" format:"uuid"`
	Name string `json:"name"`
	Kind string `json:"kind" doc:"Its type, such as language or product"`
	StampView
}

func viewSkill(s routing.Skill) skillView {
	return skillView{string(s.ID), s.Name, s.Kind, viewStamp(s.Stamp)}
}

type newSkill struct {
	Name string `json:"name" minLength:"1" maxLength:"100"`
	Kind string `json:"kind,omitempty" maxLength:"100" doc:"Its type, such as language or product"`
}

func (a *Admin) CreateSkill(ctx context.Context, in *struct{ Body newSkill }) (*resourceCreated[skillView], error) {
	s := routing.Skill{Name: in.Body.Name, Kind: in.Body.Kind}
	if faults := skillFaults(s); len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	created, err := a.cfg.Setup.CreateSkill(ctx, web.CallerOf(ctx).Actor(), s)
	if err != nil {
		return nil, err
	}
	return answerCreated(created, "/v1/skills/"+string(created.ID), viewSkill), nil
}

// skillFaults tells what is wrong with a skill.
func skillFaults(s routing.Skill) []web.Fault {
	if strings.TrimSpace(s.Name) == "" {
		return []web.Fault{web.FaultAt("body.name", "expected a name")}
	}
	return nil
}

func (a *Admin) ListSkills(ctx context.Context, in *web.PageQuery) (*resourcePage[skillView], error) {
	return listResources(ctx, a, "skills", *in, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.Skill, error) {
		return a.cfg.Setup.ListSkills(ctx, t, routing.SkillID(after), limit)
	}, func(s routing.Skill) string { return string(s.ID) }, viewSkill)
}

func (a *Admin) GetSkill(ctx context.Context, in *ResourcePath) (*resourceAnswer[skillView], error) {
	s, err := a.cfg.Setup.Skill(ctx, web.CallerOf(ctx).Tenant, routing.SkillID(in.ID))
	return answerResource(s, err, viewSkill)
}

type skillChange struct {
	Name *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Kind *string `json:"kind,omitempty" maxLength:"100"`
}

func (a *Admin) ChangeSkill(ctx context.Context, in *changing[skillChange]) (*resourceAnswer[skillView], error) {
	who := web.CallerOf(ctx)
	changed, err := changeResource(in.IfMatch,
		func() (routing.Skill, error) { return a.cfg.Setup.Skill(ctx, who.Tenant, routing.SkillID(in.ID)) },
		func(s *routing.Skill) []web.Fault {
			set(&s.Name, in.Body.Name)
			set(&s.Kind, in.Body.Kind)
			return skillFaults(*s)
		},
		func(s routing.Skill) (routing.Skill, error) { return a.cfg.Setup.UpdateSkill(ctx, who.Actor(), s) })
	return answerResource(changed, err, viewSkill)
}

func (a *Admin) DeleteSkill(ctx context.Context, in *ResourcePath) (*struct{}, error) {
	return nil, a.cfg.Setup.DeleteSkill(ctx, web.CallerOf(ctx).Actor(), routing.SkillID(in.ID))
}
