package admin

import (
	"context"

	"wxdesk/api/admin/routingfile"
	"wxdesk/api/web"
	"wxdesk/internal/conversation"
)

// ExportPath is the path that answers with a routing file. It is the only answer that is not JSON.
const ExportPath = "/v1/rulesets/export"

// ImportRouting makes drafts of a routing file in a workstream, and operating hours that nobody keeps yet, all or none of
// them. Nothing comes into force.
func (a *Admin) ImportRouting(ctx context.Context, in *struct {
	WorkstreamID string `query:"workstream_id" required:"true" format:"uuid"`
	RawBody      []byte `contentType:"application/yaml"`
},
) (*struct{ Body web.Page[rulesetView] }, error) {
	who, id := web.CallerOf(ctx), conversation.WorkstreamID(in.WorkstreamID)
	if !web.IsUUID(in.WorkstreamID) {
		return nil, web.Invalid.Problem(web.FaultAt("query.workstream_id", "expected a UUID in lower case"))
	}
	file, faults := routingfile.Parse(in.RawBody)
	if len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	plan, err := a.cfg.RoutingPlans.RoutingPlan(ctx, who.Tenant, id)
	if err != nil {
		return nil, err
	}
	found, faults, err := file.Resolve(ctx, plan)
	if err != nil {
		return nil, err
	}
	if len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	drafts, err := a.cfg.RoutingPlans.ImportRulesets(ctx, who.Actor(), id, found.Hours, found.Rulesets)
	if err != nil {
		return nil, err
	}
	return &struct{ Body web.Page[rulesetView] }{web.PageOf(drafts, len(drafts), viewRuleset, nil)}, nil
}

// ExportRouting writes a workstream's routing as it is in force; what was never in force goes out as the draft.
func (a *Admin) ExportRouting(ctx context.Context, in *struct {
	WorkstreamID string `query:"workstream_id" required:"true" format:"uuid"`
},
) (*struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}, error,
) {
	if !web.IsUUID(in.WorkstreamID) {
		return nil, web.Invalid.Problem(web.FaultAt("query.workstream_id", "expected a UUID in lower case"))
	}
	plan, err := a.cfg.RoutingPlans.RoutingPlan(ctx, web.CallerOf(ctx).Tenant, conversation.WorkstreamID(in.WorkstreamID))
	if err != nil {
		return nil, err
	}
	text, err := routingfile.Write(plan)
	if err != nil {
		return nil, err
	}
	out := &struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}{web.MediaYAML, text}
	return out, nil
}
