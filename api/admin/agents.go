package admin

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Agents stores agents.
type Agents interface {
	CreateAgent(ctx context.Context, by access.Actor, g routing.Agent) (routing.Agent, error)
	Agent(ctx context.Context, t conversation.Tenant, id conversation.AgentID) (routing.Agent, error)
	ListAgents(ctx context.Context, t conversation.Tenant, after conversation.AgentID, limit int) ([]routing.Agent, error)
	// UpdateAgent changes everything but the presence. The work of an agent who becomes disabled goes back in the same step.
	UpdateAgent(ctx context.Context, by access.Actor, g routing.Agent) (routing.Agent, error)
	// DeleteAgent deletes an agent; their work goes back in the same step.
	DeleteAgent(ctx context.Context, by access.Actor, id conversation.AgentID) error
}

type newAgent struct {
	Name string `json:"name" minLength:"1" maxLength:"100"`
	AgentSettings
}

func (a *Admin) CreateAgent(ctx context.Context, in *struct{ Body newAgent }) (*resourceCreated[agentView], error) {
	g := routing.Agent{Name: in.Body.Name, Units: 100, TimeZone: "Asia/Shanghai", DefaultPresence: routing.Available}
	if faults := in.Body.apply(&g); len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	who := web.CallerOf(ctx)
	created, err := a.cfg.Agents.CreateAgent(ctx, who.Actor(), g)
	if err != nil {
		return nil, err
	}
	return answerCreated(created, "/v1/agents/"+string(created.ID), viewAgentFor(who)), nil
}

func (a *Admin) ListAgents(ctx context.Context, in *web.PageQuery) (*resourcePage[agentView], error) {
	return listResources(ctx, a, "agents", *in, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.Agent, error) {
		return a.cfg.Agents.ListAgents(ctx, t, conversation.AgentID(after), limit)
	}, func(g routing.Agent) string { return string(g.ID) }, viewAgentFor(web.CallerOf(ctx)))
}

func (a *Admin) GetAgent(ctx context.Context, in *ResourcePath) (*resourceAnswer[agentView], error) {
	who := web.CallerOf(ctx)
	g, err := a.cfg.Agents.Agent(ctx, who.Tenant, conversation.AgentID(in.ID))
	return answerResource(g, err, viewAgentFor(who))
}

type agentChange struct {
	Name *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	AgentSettings
}

// beyondSupervisors reports whether a change is an administrator's alone: supervisors change membership, capacity, skills and
// the presence at sign-in (DIA-3).
func (c agentChange) beyondSupervisors() bool {
	return c.Name != nil || c.TimeZone != nil || c.HoursID.Given || c.Attributes != nil || c.Disabled != nil
}

func (a *Admin) ChangeAgent(ctx context.Context, in *changing[agentChange]) (*resourceAnswer[agentView], error) {
	who := web.CallerOf(ctx)
	if who.Role != access.RoleAdmin && in.Body.beyondSupervisors() {
		return nil, web.Forbidden.Because("A supervisor may change units, profiles, skills, queue_ids and default_presence.")
	}
	changed, err := changeResource(in.IfMatch,
		func() (routing.Agent, error) {
			return a.cfg.Agents.Agent(ctx, who.Tenant, conversation.AgentID(in.ID))
		},
		func(g *routing.Agent) []web.Fault {
			set(&g.Name, in.Body.Name)
			return in.Body.apply(g)
		},
		func(g routing.Agent) (routing.Agent, error) { return a.cfg.Agents.UpdateAgent(ctx, who.Actor(), g) })
	return answerResource(changed, err, viewAgentFor(who))
}

func (a *Admin) DeleteAgent(ctx context.Context, in *ResourcePath) (*struct{}, error) {
	return nil, a.cfg.Agents.DeleteAgent(ctx, web.CallerOf(ctx).Actor(), conversation.AgentID(in.ID))
}
