package admin

import (
	"context"
	"strconv"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

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

func (a *Admin) ListRulesetVersions(ctx context.Context, in *struct {
	ResourcePath
	web.PageQuery
},
) (*resourcePage[rulesetVersionView], error) {
	who, id := web.CallerOf(ctx), routing.RulesetID(in.ID)
	if _, err := a.cfg.Setup.Ruleset(ctx, who.Tenant, id); err != nil {
		return nil, err
	}
	return listResources(ctx, a, "versions of "+in.ID, in.PageQuery, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.RulesetVersion, error) {
		below, _ := strconv.ParseInt(after, 10, 64) // "" is the beginning; the cursor is ours
		return a.cfg.Setup.RulesetVersions(ctx, t, id, below, limit)
	}, func(v routing.RulesetVersion) string { return strconv.FormatInt(v.Number, 10) }, viewVersion)
}

type draftRules struct {
	Rules []routing.Rule `json:"rules" nullable:"false" maxItems:"200" doc:"In order; docs/rules.md says what they may hold"`
}

// SaveDraft keeps rules that hold up, without putting them in force.
func (a *Admin) SaveDraft(ctx context.Context, in *changing[draftRules]) (*resourceAnswer[rulesetView], error) {
	rules := in.Body.Rules
	return a.reviseRuleset(ctx, in.ID, in.IfMatch, func(r *routing.Ruleset) ([]web.Fault, error) {
		return a.checkRules(ctx, *r, rules)
	}, func(ctx context.Context, by access.Actor, r routing.Ruleset) (routing.Ruleset, error) {
		return a.cfg.Setup.SaveDraft(ctx, by, r.ID, r.Version, rules)
	})
}

// PublishRuleset puts the draft in force. The draft is checked again, because a queue or a skill that it names may have been deleted.
func (a *Admin) PublishRuleset(ctx context.Context, in *struct {
	ResourcePath
	IfMatch string `header:"If-Match" doc:"The ETag that the change is meant for; without it, whatever draft there is comes into force"`
},
) (*resourceAnswer[rulesetView], error) {
	var number int64
	return a.reviseRuleset(ctx, in.ID, in.IfMatch, func(r *routing.Ruleset) ([]web.Fault, error) {
		newest, err := a.cfg.Setup.RulesetVersions(ctx, r.Tenant, r.ID, 0, 1)
		if err != nil {
			return nil, err
		}
		if len(newest) == 0 || !newest[0].PublishedAt.IsZero() {
			return nil, web.NotFound.Because("There is no draft.")
		}
		number = newest[0].Number
		return a.checkRules(ctx, *r, newest[0].Rules)
	}, func(ctx context.Context, by access.Actor, r routing.Ruleset) (routing.Ruleset, error) {
		return a.cfg.Setup.PutInForce(ctx, by, r.ID, r.Version, number)
	})
}

type rollback struct {
	Number int64 `json:"number" minimum:"0" doc:"Of a version that was in force before; 0: none is to be in force"`
}

// RollBackRuleset puts a version in force that was before, if it still holds up.
func (a *Admin) RollBackRuleset(ctx context.Context, in *changing[rollback]) (*resourceAnswer[rulesetView], error) {
	number := in.Body.Number
	return a.reviseRuleset(ctx, in.ID, in.IfMatch, func(r *routing.Ruleset) ([]web.Fault, error) {
		if number == 0 {
			return nil, nil
		}
		found, err := a.cfg.Setup.RulesetVersions(ctx, r.Tenant, r.ID, number+1, 1)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 || found[0].Number != number || found[0].PublishedAt.IsZero() {
			return []web.Fault{web.FaultAt("body.number", "expected the number of a version that was published")}, nil
		}
		return a.checkRules(ctx, *r, found[0].Rules)
	}, func(ctx context.Context, by access.Actor, r routing.Ruleset) (routing.Ruleset, error) {
		return a.cfg.Setup.PutInForce(ctx, by, r.ID, r.Version, number)
	})
}
