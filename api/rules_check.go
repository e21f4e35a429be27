package api

import (
	"context"
	"fmt"
	"slices"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
)

// ruleFault is something wrong with one of several rules.
type ruleFault rules.Fault

// location names the rule and its part, such as rules[2].when.
func (f ruleFault) location() string {
	if f.Rule < 0 {
		return "rules"
	}
	if f.Field == "" {
		return fmt.Sprintf("rules[%d]", f.Rule)
	}
	return fmt.Sprintf("rules[%d].%s", f.Rule, f.Field)
}

// message is the reason, and where in a condition it lies.
func (f ruleFault) message() string {
	if f.Line == 0 {
		return f.Reason
	}
	return fmt.Sprintf("line %d, column %d: %s", f.Line, f.Column, f.Reason)
}

// ruleFaults checks rules against what a plan knows, until ctx ends.
func ruleFaults(ctx context.Context, plan routing.Plan, kind routing.RulesetKind, given []routing.Rule) (faults []ruleFault, err error) {
	found, err := rules.Check(ctx, kind, given, knownOf(plan))
	for _, f := range found {
		faults = append(faults, ruleFault(f))
	}
	return faults, err
}

// variablesStay refuses a change of a workstream that would take away a context variable which a rule in force asks for (CTX-4).
func (a *API) variablesStay(ctx context.Context, t conversation.Tenant, w routing.Workstream) error {
	plan, err := a.cfg.People.RoutingPlan(ctx, t, w.ID)
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
			return inUse.because(fmt.Sprintf("The rule %q of the ruleset %q asks for the context variable %s.", rule, set.Name, variable))
		}
	}
	return nil
}

// knownOf is what rules may name.
func knownOf(plan routing.Plan) rules.Known {
	known := rules.Known{Variables: plan.Workstream.Variables, Queues: map[conversation.QueueID]routing.Overflow{}}
	for _, q := range plan.Queues {
		known.Queues[q.ID] = q.Overflow
	}
	for _, s := range plan.Skills {
		known.Skills = append(known.Skills, s.ID)
	}
	for _, p := range plan.Profiles {
		known.Profiles = append(known.Profiles, p.ID)
	}
	return known
}
