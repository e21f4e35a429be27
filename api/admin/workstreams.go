package admin

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Workstreams stores how the conversations of accounts are enriched, routed and assigned.
type Workstreams interface {
	CreateWorkstream(ctx context.Context, by access.Actor, w routing.Workstream) (routing.Workstream, error)
	Workstream(ctx context.Context, t conversation.Tenant, id conversation.WorkstreamID) (routing.Workstream, error)
	ListWorkstreams(ctx context.Context, t conversation.Tenant, after conversation.WorkstreamID, limit int) ([]routing.Workstream, error)
	UpdateWorkstream(ctx context.Context, by access.Actor, w routing.Workstream) (routing.Workstream, error)
	DeleteWorkstream(ctx context.Context, by access.Actor, id conversation.WorkstreamID) error
}

func (a *Admin) CreateWorkstream(ctx context.Context, in *struct{ Body newWorkstream }) (*resourceCreated[workstreamView], error) {
	w := defaultWorkstream()
	change := workstreamChange{&in.Body.Name, &in.Body.FallbackQueueID, in.Body.WorkstreamSettings}
	if faults := change.apply(&w); len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	created, err := a.cfg.Setup.CreateWorkstream(ctx, web.CallerOf(ctx).Actor(), w)
	if err != nil {
		return nil, err
	}
	return answerCreated(created, "/v1/workstreams/"+string(created.ID), viewWorkstream), nil
}

func (a *Admin) ListWorkstreams(ctx context.Context, in *web.PageQuery) (*resourcePage[workstreamView], error) {
	return listResources(ctx, a, "workstreams", *in, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.Workstream, error) {
		return a.cfg.Setup.ListWorkstreams(ctx, t, conversation.WorkstreamID(after), limit)
	}, func(w routing.Workstream) string { return string(w.ID) }, viewWorkstream)
}

func (a *Admin) GetWorkstream(ctx context.Context, in *ResourcePath) (*resourceAnswer[workstreamView], error) {
	w, err := a.cfg.Setup.Workstream(ctx, web.CallerOf(ctx).Tenant, conversation.WorkstreamID(in.ID))
	return answerResource(w, err, viewWorkstream)
}

func (a *Admin) ChangeWorkstream(ctx context.Context, in *changing[workstreamChange]) (*resourceAnswer[workstreamView], error) {
	who := web.CallerOf(ctx)
	changed, err := changeResource(in.IfMatch,
		func() (routing.Workstream, error) {
			return a.cfg.Setup.Workstream(ctx, who.Tenant, conversation.WorkstreamID(in.ID))
		},
		in.Body.apply,
		func(w routing.Workstream) (routing.Workstream, error) {
			if in.Body.Variables != nil {
				if err := a.variablesStay(ctx, who.Tenant, w); err != nil {
					return w, err
				}
			}
			return a.cfg.Setup.UpdateWorkstream(ctx, who.Actor(), w)
		})
	return answerResource(changed, err, viewWorkstream)
}

func (a *Admin) DeleteWorkstream(ctx context.Context, in *ResourcePath) (*struct{}, error) {
	return nil, a.cfg.Setup.DeleteWorkstream(ctx, web.CallerOf(ctx).Actor(), conversation.WorkstreamID(in.ID))
}
