package admin

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Rulesets stores the rules of workstreams and queues, in versions.
type Rulesets interface {
	// CreateRuleset adds one without rules. It returns ErrTooMany beyond routing.MaxClassifications.
	CreateRuleset(ctx context.Context, by access.Actor, r routing.Ruleset) (routing.Ruleset, error)
	Ruleset(ctx context.Context, t conversation.Tenant, id routing.RulesetID) (routing.Ruleset, error)
	ListRulesets(ctx context.Context, t conversation.Tenant, after routing.RulesetID, limit int) ([]routing.Ruleset, error)
	// UpdateRuleset changes name and position.
	UpdateRuleset(ctx context.Context, by access.Actor, r routing.Ruleset) (routing.Ruleset, error)
	DeleteRuleset(ctx context.Context, by access.Actor, id routing.RulesetID) error

	// RulesetVersions lists versions newest first, below a number; 0 for the newest.
	RulesetVersions(ctx context.Context, t conversation.Tenant, id routing.RulesetID, below int64, limit int) ([]routing.RulesetVersion, error)
	// SaveDraft makes rules the draft if the ruleset's version is still version (ErrVersion otherwise).
	SaveDraft(ctx context.Context, by access.Actor, id routing.RulesetID, version int64, rules []routing.Rule) (routing.Ruleset, error)
	// PutInForce publishes the draft of that number or goes back to that version; 0 takes the ruleset out of force.
	PutInForce(ctx context.Context, by access.Actor, id routing.RulesetID, version, number int64) (routing.Ruleset, error)
}

// RoutingPlans reads and writes a whole plan of routing at once, and loads what it takes to try one out.
type RoutingPlans interface {
	// RoutingPlan reads all that decides where conversations of a workstream go; "" for what belongs to queues alone.
	RoutingPlan(ctx context.Context, t conversation.Tenant, id conversation.WorkstreamID) (routing.Plan, error)
	// ImportRulesets makes drafts in a workstream and on queues, and operating hours that there are not yet, all or none.
	ImportRulesets(ctx context.Context, by access.Actor, w conversation.WorkstreamID, hours []routing.Hours, imported []routing.ImportedRuleset) ([]routing.Ruleset, error)
	// LastTurn is the customer's last message in a conversation.
	LastTurn(ctx context.Context, c conversation.Ref) (conversation.MessageID, error)
	// TrialQuestion loads what would decide where a conversation goes after that message.
	TrialQuestion(ctx context.Context, c conversation.Ref, turn conversation.MessageID, wish conversation.QueueID) (routing.Question, error)
}

// rulesetView is a ruleset as the API shows it; its rules stand in its versions.
type rulesetView struct {
	ID           string              `json:"id" format:"uuid"`
	Kind         routing.RulesetKind `json:"kind" enum:"classification,route,prioritisation,assignment"`
	WorkstreamID *string             `json:"workstream_id" format:"uuid" doc:"Of classification and route"`
	QueueID      *string             `json:"queue_id" format:"uuid" doc:"Of prioritisation and assignment"`
	Name         string              `json:"name"`
	Position     int                 `json:"position" doc:"Among a workstream's classification rulesets; smaller goes first"`
	Published    *int64              `json:"published" doc:"Number of the version in force; null: none"`
	StampView
}

func viewRuleset(r routing.Ruleset) rulesetView {
	v := rulesetView{
		ID: string(r.ID), Kind: r.Kind, WorkstreamID: web.OrNull(string(r.WorkstreamID)), QueueID: web.OrNull(string(r.QueueID)),
		Name: r.Name, Position: r.Position, StampView: viewStamp(r.Stamp),
	}
	if r.Published > 0 {
		v.Published = &r.Published
	}
	return v
}

type newRuleset struct {
	Kind         routing.RulesetKind `json:"kind" enum:"classification,route,prioritisation,assignment"`
	WorkstreamID string              `json:"workstream_id,omitempty" format:"uuid" doc:"Of classification and route"`
	QueueID      string              `json:"queue_id,omitempty" format:"uuid" doc:"Of prioritisation and assignment"`
	Name         string              `json:"name" minLength:"1" maxLength:"100"`
	Position     int                 `json:"position,omitempty" minimum:"0" maximum:"1000000"`
}

func (a *Admin) CreateRuleset(ctx context.Context, in *struct{ Body newRuleset }) (*resourceCreated[rulesetView], error) {
	b := in.Body
	r := routing.Ruleset{
		Kind: b.Kind, WorkstreamID: conversation.WorkstreamID(b.WorkstreamID), QueueID: conversation.QueueID(b.QueueID),
		Name: b.Name, Position: b.Position,
	}
	ofQueue := r.Kind == routing.Prioritisation || r.Kind == routing.Assignment
	if ofQueue != (r.QueueID != "") || ofQueue == (r.WorkstreamID != "") {
		return nil, web.Invalid.Problem(web.FaultAt("body", "expected workstream_id with classification and route, queue_id with prioritisation and assignment"))
	}
	created, err := a.cfg.Setup.CreateRuleset(ctx, web.CallerOf(ctx).Actor(), r)
	if err != nil {
		return nil, err
	}
	return answerCreated(created, "/v1/rulesets/"+string(created.ID), viewRuleset), nil
}

func (a *Admin) ListRulesets(ctx context.Context, in *web.PageQuery) (*resourcePage[rulesetView], error) {
	return listResources(ctx, a, "rulesets", *in, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.Ruleset, error) {
		return a.cfg.Setup.ListRulesets(ctx, t, routing.RulesetID(after), limit)
	}, func(r routing.Ruleset) string { return string(r.ID) }, viewRuleset)
}

func (a *Admin) GetRuleset(ctx context.Context, in *ResourcePath) (*resourceAnswer[rulesetView], error) {
	r, err := a.cfg.Setup.Ruleset(ctx, web.CallerOf(ctx).Tenant, routing.RulesetID(in.ID))
	return answerResource(r, err, viewRuleset)
}

type rulesetChange struct {
	Name     *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Position *int    `json:"position,omitempty" minimum:"0" maximum:"1000000"`
}

func (a *Admin) ChangeRuleset(ctx context.Context, in *changing[rulesetChange]) (*resourceAnswer[rulesetView], error) {
	return a.reviseRuleset(ctx, in.ID, in.IfMatch, func(r *routing.Ruleset) ([]web.Fault, error) {
		set(&r.Name, in.Body.Name)
		set(&r.Position, in.Body.Position)
		return nil, nil
	}, a.cfg.Setup.UpdateRuleset)
}

func (a *Admin) DeleteRuleset(ctx context.Context, in *ResourcePath) (*struct{}, error) {
	return nil, a.cfg.Setup.DeleteRuleset(ctx, web.CallerOf(ctx).Actor(), routing.RulesetID(in.ID))
}

// reviseRuleset changes a ruleset by its version; look may refuse with faults or an error.
func (a *Admin) reviseRuleset(ctx context.Context, id, ifMatch string, look func(*routing.Ruleset) ([]web.Fault, error),
	write func(context.Context, access.Actor, routing.Ruleset) (routing.Ruleset, error),
) (*resourceAnswer[rulesetView], error) {
	who := web.CallerOf(ctx)
	var refused error
	changed, err := changeResource(ifMatch,
		func() (routing.Ruleset, error) {
			return a.cfg.Setup.Ruleset(ctx, who.Tenant, routing.RulesetID(id))
		},
		func(r *routing.Ruleset) (faults []web.Fault) {
			faults, refused = look(r)
			return faults
		},
		func(r routing.Ruleset) (routing.Ruleset, error) {
			if refused != nil {
				return routing.Ruleset{}, refused
			}
			return write(ctx, who.Actor(), r)
		})
	return answerResource(changed, err, viewRuleset)
}
