package routingfile

import (
	"context"
	"fmt"
	"slices"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
)

// names leads from what a routing file calls things to their ids.
type names struct {
	queues   map[string]conversation.QueueID
	skills   map[string]routing.SkillID
	profiles map[string]routing.ProfileID
}

func namesOf(plan routing.Plan) names {
	n := names{map[string]conversation.QueueID{}, map[string]routing.SkillID{}, map[string]routing.ProfileID{}}
	for _, q := range plan.Queues {
		n.queues[q.Name] = q.ID
	}
	for _, s := range plan.Skills {
		n.skills[s.Name] = s.ID
	}
	for _, p := range plan.Profiles {
		n.profiles[p.Name] = p.ID
	}
	return n
}

// reader turns the rulesets of a routing file into those of this installation, and gathers what is wrong with them.
type reader struct {
	names
	lines    lines
	imported []routing.ImportedRuleset
	faults   []web.Fault

	at, rule int // the ruleset that is read, and the rule; -1: none of its rules
}

func (r *reader) blame(field, reason string) {
	location, line := fmt.Sprintf("body.rulesets[%d]", r.at), r.lines.rulesets[r.at]
	if r.rule >= 0 {
		location, line = location+fmt.Sprintf(".rules[%d]", r.rule), r.lines.rules[r.at][r.rule]
	}
	r.faults = append(r.faults, web.FaultAt(location+"."+field, onLine(line, reason)))
}

// read reads the file's hours and rulesets, until there are MaxDiagnostics or ctx ends.
func (r *reader) read(ctx context.Context, file format, plan routing.Plan) (hours []routing.Hours, err error) {
	for i, h := range file.Hours {
		if len(r.faults) >= web.MaxFaults {
			break
		}
		hours = append(hours, r.hours(i, h))
	}
	for i, set := range file.Rulesets {
		if len(r.faults) >= web.MaxFaults {
			break
		}
		if err := r.ruleset(ctx, i, set, plan); err != nil {
			return nil, err
		}
	}
	r.faults = r.faults[:min(len(r.faults), web.MaxFaults)]
	return hours, nil
}

func (r *reader) ruleset(ctx context.Context, at int, file rulesetFile, plan routing.Plan) error {
	r.at, r.rule = at, -1
	set := routing.Ruleset{Kind: file.Kind, Name: file.Name, Position: at}
	ofQueue := file.Kind == routing.Prioritisation || file.Kind == routing.Assignment
	switch {
	case !ofQueue && file.Kind != routing.Classification && file.Kind != routing.RouteToQueue:
		r.blame("kind", "expected classification, route, prioritisation or assignment")
		return nil
	case file.Name == "" || len([]rune(file.Name)) > 100:
		r.blame("name", "expected 1 to 100 characters")
	case r.twice(file):
		r.blame("name", "expected every ruleset once")
	case ofQueue:
		set.QueueID = r.queue("queue", file.Queue)
	}
	read := make([]routing.Rule, len(file.Rules))
	found := len(r.faults)
	for i, rule := range file.Rules {
		if len(r.faults) >= web.MaxFaults {
			return nil
		}
		r.rule = i
		read[i] = r.readRule(rule)
	}
	r.imported = append(r.imported, routing.ImportedRuleset{Ruleset: set, Rules: read})
	if len(r.faults) > found { // they name nothing, and the check would say so once more
		return nil
	}
	faults, err := rules.Check(ctx, file.Kind, read, rules.KnownOf(plan))
	for _, f := range faults {
		r.rule = f.Rule
		r.blame(f.Field, f.Message())
	}
	return err
}

// twice reports whether the file had this ruleset before.
func (r *reader) twice(file rulesetFile) bool {
	return slices.ContainsFunc(r.imported, func(before routing.ImportedRuleset) bool {
		switch {
		case before.Kind != file.Kind:
			return false
		case file.Kind == routing.RouteToQueue:
			return true
		case file.Kind == routing.Classification:
			return before.Name == file.Name
		}
		return before.QueueID == r.queues[file.Queue]
	})
}
