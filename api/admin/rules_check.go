package admin

import (
	"context"
	"fmt"
	"slices"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
)

// checkRules tells what is wrong with rules, as their ruleset stands among everything else.
func (a *Admin) checkRules(ctx context.Context, r routing.Ruleset, given []routing.Rule) ([]web.Fault, error) {
	plan, err := a.cfg.RoutingPlans.RoutingPlan(ctx, web.CallerOf(ctx).Tenant, r.WorkstreamID)
	if err != nil {
		return nil, err
	}
	found, err := rules.Check(ctx, r.Kind, given, rules.KnownOf(plan))
	var faults []web.Fault
	for _, f := range found {
		faults = append(faults, web.FaultAt("body."+f.Location(), f.Message()))
	}
	return faults, err
}

// variablesStay refuses a change of a workstream that would take away a context variable which a rule in force asks for (CTX-4).
func (a *Admin) variablesStay(ctx context.Context, t conversation.Tenant, w routing.Workstream) error {
	plan, err := a.cfg.RoutingPlans.RoutingPlan(ctx, t, w.ID)
	if err != nil {
		return err
	}
	var gone []string
	for _, v := range plan.Workstream.Variables {
		if !slices.ContainsFunc(w.Variables, func(still routing.Variable) bool { return still.Name == v.Name }) {
			gone = append(gone, v.Name)
		}
	}
	for _, set := range plan.Rulesets {
		if len(gone) == 0 || set.InForce == nil || set.WorkstreamID == "" {
			continue // rules of queues ask for none
		}
		rule, variable, err := rules.Reader(ctx, set.Kind, set.InForce.Rules, gone)
		if err != nil {
			return err
		}
		if variable != "" {
			return web.InUse.Because(fmt.Sprintf("The rule %q of the ruleset %q asks for the context variable %s.", rule, set.Name, variable))
		}
	}
	return nil
}
