package api

import (
	"context"
	"strconv"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Rulesets keeps the rules of workstreams and queues, in versions.
type Rulesets interface {
	// CreateRuleset adds one without rules. ErrTooMany beyond routing.MaxClassifications.
	CreateRuleset(ctx context.Context, by conversation.Actor, r routing.Ruleset) (routing.Ruleset, error)
	Ruleset(ctx context.Context, t conversation.Tenant, id routing.RulesetID) (routing.Ruleset, error)
	ListRulesets(ctx context.Context, t conversation.Tenant, after routing.RulesetID, limit int) ([]routing.Ruleset, error)
	// UpdateRuleset changes name and position.
	UpdateRuleset(ctx context.Context, by conversation.Actor, r routing.Ruleset) (routing.Ruleset, error)
	DeleteRuleset(ctx context.Context, by conversation.Actor, id routing.RulesetID) error

	// RulesetVersions lists versions newest first, below a number; 0 for the newest.
	RulesetVersions(ctx context.Context, t conversation.Tenant, id routing.RulesetID, below int64, limit int) ([]routing.RulesetVersion, error)
	// SaveDraft makes rules the draft where the ruleset's version is still version (ErrVersion otherwise).
	SaveDraft(ctx context.Context, by conversation.Actor, id routing.RulesetID, version int64, rules []routing.Rule) (routing.Ruleset, error)
	// PutInForce publishes the draft of that number or goes back to that version; 0 takes the ruleset out of force.
	PutInForce(ctx context.Context, by conversation.Actor, id routing.RulesetID, version, number int64) (routing.Ruleset, error)

	// RoutingPlan reads all that decides where conversations of a workstream go; "" for what belongs to queues alone.
	RoutingPlan(ctx context.Context, t conversation.Tenant, id conversation.WorkstreamID) (routing.Plan, error)
	// ImportRulesets makes drafts in a workstream and on queues, and operating hours that there are not yet, all or none.
	ImportRulesets(ctx context.Context, by conversation.Actor, w conversation.WorkstreamID, hours []routing.Hours, imported []routing.ImportedRuleset) ([]routing.Ruleset, error)
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
		ID: string(r.ID), Kind: r.Kind, WorkstreamID: orNull(string(r.WorkstreamID)), QueueID: orNull(string(r.QueueID)),
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

func (a *API) createRuleset(ctx context.Context, in *struct{ Body newRuleset }) (*partCreated[rulesetView], error) {
	b := in.Body
	r := routing.Ruleset{
		Kind: b.Kind, WorkstreamID: conversation.WorkstreamID(b.WorkstreamID), QueueID: conversation.QueueID(b.QueueID),
		Name: b.Name, Position: b.Position,
	}
	ofQueue := r.Kind == routing.Prioritisation || r.Kind == routing.Assignment
	if ofQueue != (r.QueueID != "") || ofQueue == (r.WorkstreamID != "") {
		return nil, invalid.problem(fault{"body", "expected workstream_id with classification and route, queue_id with prioritisation and assignment"})
	}
	created, err := a.cfg.People.CreateRuleset(ctx, callerOf(ctx).actor(), r)
	if err != nil {
		return nil, err
	}
	return answerCreated(created, "/v1/rulesets/"+string(created.ID), viewRuleset), nil
}

func (a *API) listRulesets(ctx context.Context, in *PageQuery) (*partPage[rulesetView], error) {
	return listParts(ctx, a, "rulesets", *in, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.Ruleset, error) {
		return a.cfg.People.ListRulesets(ctx, t, routing.RulesetID(after), limit)
	}, func(r routing.Ruleset) string { return string(r.ID) }, viewRuleset)
}

func (a *API) getRuleset(ctx context.Context, in *PartPath) (*partAnswer[rulesetView], error) {
	r, err := a.cfg.People.Ruleset(ctx, callerOf(ctx).Tenant, routing.RulesetID(in.ID))
	return answerPart(r, err, viewRuleset)
}

type rulesetChange struct {
	Name     *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Position *int    `json:"position,omitempty" minimum:"0" maximum:"1000000"`
}

func (a *API) changeRuleset(ctx context.Context, in *changing[rulesetChange]) (*partAnswer[rulesetView], error) {
	return a.reviseRuleset(ctx, in.ID, in.IfMatch, func(r *routing.Ruleset) ([]fault, error) {
		set(&r.Name, in.Body.Name)
		set(&r.Position, in.Body.Position)
		return nil, nil
	}, a.cfg.People.UpdateRuleset)
}

func (a *API) deleteRuleset(ctx context.Context, in *PartPath) (*struct{}, error) {
	return nil, a.cfg.People.DeleteRuleset(ctx, callerOf(ctx).actor(), routing.RulesetID(in.ID))
}

// reviseRuleset changes a ruleset by its version; look may refuse with faults or an error.
func (a *API) reviseRuleset(ctx context.Context, id, ifMatch string, look func(*routing.Ruleset) ([]fault, error),
	write func(context.Context, conversation.Actor, routing.Ruleset) (routing.Ruleset, error),
) (*partAnswer[rulesetView], error) {
	who := callerOf(ctx)
	var refused error
	changed, err := changePart(ifMatch,
		func() (routing.Ruleset, error) {
			return a.cfg.People.Ruleset(ctx, who.Tenant, routing.RulesetID(id))
		},
		func(r *routing.Ruleset) (faults []fault) {
			faults, refused = look(r)
			return faults
		},
		func(r routing.Ruleset) (routing.Ruleset, error) {
			if refused != nil {
				return routing.Ruleset{}, refused
			}
			return write(ctx, who.actor(), r)
		})
	return answerPart(changed, err, viewRuleset)
}

// rulesetVersionView is one version of a ruleset. Once published it never changes.
type rulesetVersionView struct {
	Number      int64          `json:"number"`
	Rules       []routing.Rule `json:"rules" nullable:"false"`
	CreatedBy   string         `json:"created_by" doc:"The id of the API token that wrote it, or cli"`
	CreatedAt   time.Time      `json:"created_at"`
	PublishedAt *time.Time     `json:"published_at" doc:"null: the draft"`
}

func viewVersion(v routing.RulesetVersion) rulesetVersionView {
	view := rulesetVersionView{v.Number, v.Rules, v.CreatedBy, v.CreatedAt.UTC(), nil}
	if !v.PublishedAt.IsZero() {
		at := v.PublishedAt.UTC()
		view.PublishedAt = &at
	}
	return view
}

func (a *API) listRulesetVersions(ctx context.Context, in *struct {
	PartPath
	PageQuery
},
) (*partPage[rulesetVersionView], error) {
	who, id := callerOf(ctx), routing.RulesetID(in.ID)
	if _, err := a.cfg.People.Ruleset(ctx, who.Tenant, id); err != nil {
		return nil, err
	}
	return listParts(ctx, a, "versions of "+in.ID, in.PageQuery, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.RulesetVersion, error) {
		below, _ := strconv.ParseInt(after, 10, 64) // "" is the beginning; the cursor is ours
		return a.cfg.People.RulesetVersions(ctx, t, id, below, limit)
	}, func(v routing.RulesetVersion) string { return strconv.FormatInt(v.Number, 10) }, viewVersion)
}

type draftRules struct {
	Rules []routing.Rule `json:"rules" nullable:"false" maxItems:"200" doc:"In order; docs/rules.md says what they may hold"`
}

// saveDraft keeps rules that hold up, without putting them in force.
func (a *API) saveDraft(ctx context.Context, in *changing[draftRules]) (*partAnswer[rulesetView], error) {
	rules := in.Body.Rules
	return a.reviseRuleset(ctx, in.ID, in.IfMatch, func(r *routing.Ruleset) ([]fault, error) {
		return a.checkRules(ctx, *r, rules)
	}, func(ctx context.Context, by conversation.Actor, r routing.Ruleset) (routing.Ruleset, error) {
		return a.cfg.People.SaveDraft(ctx, by, r.ID, r.Version, rules)
	})
}

// publishRuleset puts the draft in force. It is checked once more: what it names may be gone since it was saved.
func (a *API) publishRuleset(ctx context.Context, in *struct {
	PartPath
	IfMatch string `header:"If-Match" doc:"The ETag that the change is meant for; without it, whatever draft there is comes into force"`
},
) (*partAnswer[rulesetView], error) {
	var number int64
	return a.reviseRuleset(ctx, in.ID, in.IfMatch, func(r *routing.Ruleset) ([]fault, error) {
		newest, err := a.cfg.People.RulesetVersions(ctx, r.Tenant, r.ID, 0, 1)
		if err != nil {
			return nil, err
		}
		if len(newest) == 0 || !newest[0].PublishedAt.IsZero() {
			return nil, notFound.because("There is no draft.")
		}
		number = newest[0].Number
		return a.checkRules(ctx, *r, newest[0].Rules)
	}, func(ctx context.Context, by conversation.Actor, r routing.Ruleset) (routing.Ruleset, error) {
		return a.cfg.People.PutInForce(ctx, by, r.ID, r.Version, number)
	})
}

type rollback struct {
	Number int64 `json:"number" minimum:"0" doc:"Of a version that was in force before; 0: none is to be in force"`
}

// rollBackRuleset puts a version in force that was before, if it still holds up.
func (a *API) rollBackRuleset(ctx context.Context, in *changing[rollback]) (*partAnswer[rulesetView], error) {
	number := in.Body.Number
	return a.reviseRuleset(ctx, in.ID, in.IfMatch, func(r *routing.Ruleset) ([]fault, error) {
		if number == 0 {
			return nil, nil
		}
		found, err := a.cfg.People.RulesetVersions(ctx, r.Tenant, r.ID, number+1, 1)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 || found[0].Number != number || found[0].PublishedAt.IsZero() {
			return []fault{{"body.number", "expected the number of a version that was published"}}, nil
		}
		return a.checkRules(ctx, *r, found[0].Rules)
	}, func(ctx context.Context, by conversation.Actor, r routing.Ruleset) (routing.Ruleset, error) {
		return a.cfg.People.PutInForce(ctx, by, r.ID, r.Version, number)
	})
}

// checkRules tells what is wrong with rules, as their ruleset stands among everything else.
func (a *API) checkRules(ctx context.Context, r routing.Ruleset, given []routing.Rule) ([]fault, error) {
	plan, err := a.cfg.People.RoutingPlan(ctx, callerOf(ctx).Tenant, r.WorkstreamID)
	if err != nil {
		return nil, err
	}
	found, err := ruleFaults(ctx, plan, r.Kind, given)
	var faults []fault
	for _, f := range found {
		faults = append(faults, fault{"body." + f.location(), f.message()})
	}
	return faults, err
}
