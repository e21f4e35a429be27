package api

import (
	"fmt"

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

// ruleFaults checks rules against what a plan knows.
func ruleFaults(plan routing.Plan, kind routing.RulesetKind, given []routing.Rule) []ruleFault {
	var faults []ruleFault
	for _, f := range rules.Check(kind, given, knownOf(plan)) {
		faults = append(faults, ruleFault(f))
	}
	return faults
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
