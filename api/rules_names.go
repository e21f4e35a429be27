package api

import (
	"context"
	"fmt"
	"slices"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
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

// fileReader turns the rulesets of a routing file into those of this installation, and gathers what is wrong with them.
type fileReader struct {
	names
	lines    fileLines
	imported []routing.ImportedRuleset
	faults   []fault

	at, rule int // the ruleset that is read, and the rule; -1: none of its rules
}

func (r *fileReader) blame(field, reason string) {
	location, line := fmt.Sprintf("body.rulesets[%d]", r.at), r.lines.rulesets[r.at]
	if r.rule >= 0 {
		location, line = location+fmt.Sprintf(".rules[%d]", r.rule), r.lines.rules[r.at][r.rule]
	}
	r.faults = append(r.faults, fault{location + "." + field, onLine(line, reason)})
}

// read reads the file's hours and rulesets, until there are maxFaults or ctx ends.
func (r *fileReader) read(ctx context.Context, file routingFile, plan routing.Plan) (hours []routing.Hours, err error) {
	for i, h := range file.Hours {
		if len(r.faults) >= maxFaults {
			break
		}
		hours = append(hours, r.hours(i, h))
	}
	for i, set := range file.Rulesets {
		if len(r.faults) >= maxFaults {
			break
		}
		if err := r.ruleset(ctx, i, set, plan); err != nil {
			return nil, err
		}
	}
	r.faults = r.faults[:min(len(r.faults), maxFaults)]
	return hours, nil
}

func (r *fileReader) ruleset(ctx context.Context, at int, file rulesetFile, plan routing.Plan) error {
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
	rules := make([]routing.Rule, len(file.Rules))
	found := len(r.faults)
	for i, rule := range file.Rules {
		if len(r.faults) >= maxFaults {
			return nil
		}
		r.rule = i
		rules[i] = r.readRule(rule)
	}
	r.imported = append(r.imported, routing.ImportedRuleset{Ruleset: set, Rules: rules})
	if len(r.faults) > found { // they name nothing, and the check would say so once more
		return nil
	}
	faults, err := ruleFaults(ctx, plan, file.Kind, rules)
	for _, f := range faults {
		r.rule = f.Rule
		r.blame(f.Field, f.message())
	}
	return err
}

// twice reports whether the file had this ruleset before.
func (r *fileReader) twice(file rulesetFile) bool {
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

func (r *fileReader) readRule(file ruleFile) routing.Rule {
	rule := routing.Rule{Name: file.Name, When: file.When, Set: file.Set, OrderBy: file.OrderBy}
	for _, s := range file.Skills {
		rule.Skills = append(rule.Skills, routing.NeededSkill{SkillID: lookUp(r, r.skills, "skills", s.Skill), Rating: s.Rating})
	}
	for _, p := range file.Profiles {
		rule.Profiles = append(rule.Profiles, lookUp(r, r.profiles, "profiles", p))
	}
	if file.Queue != "" {
		rule.Queue = r.queue("queue", file.Queue)
	}
	for _, s := range file.Split {
		rule.Split = append(rule.Split, routing.Share{Queue: r.queue("split", s.Queue), Percent: s.Percent})
	}
	if o := file.Overflow; o != nil {
		rule.Overflow = &routing.Overflow{}
		if o.OutOfHours != nil {
			action := r.action(*o.OutOfHours)
			rule.Overflow.OutOfHours = &action
		}
		if o.Full != nil {
			rule.Overflow.Full = &routing.OverflowLimit{Items: o.Full.Items, OverflowAction: r.action(*o.Full)}
		}
		if o.Wait != nil {
			rule.Overflow.Wait = &routing.OverflowWait{Seconds: o.Wait.Seconds, OverflowAction: r.action(*o.Wait)}
		}
	}
	return rule
}

func (r *fileReader) action(file actionFile) routing.OverflowAction {
	action := routing.OverflowAction{Do: file.Do}
	if file.Queue != "" {
		action.QueueID = r.queue("overflow", file.Queue)
	}
	return action
}

func (r *fileReader) queue(field, name string) conversation.QueueID {
	return lookUp(r, r.queues, field, name)
}

func lookUp[ID ~string](r *fileReader, ids map[string]ID, field, name string) ID {
	id, ok := ids[name]
	if !ok {
		r.blame(field, "expected the name of something that there is here")
	}
	return id
}

// fileWriter turns rulesets of this installation into those of a routing file.
type fileWriter struct {
	queues   map[conversation.QueueID]string
	skills   map[routing.SkillID]string
	profiles map[routing.ProfileID]string
}

// writeRoutingFile writes the workstream's rulesets, and the rulesets and hours of the queues to which they lead.
func writeRoutingFile(plan routing.Plan) routingFile {
	w := fileWriter{map[conversation.QueueID]string{}, map[routing.SkillID]string{}, map[routing.ProfileID]string{}}
	for _, q := range plan.Queues {
		w.queues[q.ID] = q.Name
	}
	for _, s := range plan.Skills {
		w.skills[s.ID] = s.Name
	}
	for _, p := range plan.Profiles {
		w.profiles[p.ID] = p.Name
	}
	file := routingFile{Format: routingFormat, Rulesets: []rulesetFile{}}
	reached := map[conversation.QueueID]bool{plan.Workstream.FallbackQueue: true}
	for _, r := range plan.Rulesets {
		version := r.InForce
		if version == nil {
			version = r.Draft
		}
		if version == nil || r.QueueID != "" && !reached[r.QueueID] {
			continue
		}
		out := rulesetFile{Kind: r.Kind, Name: r.Name, Queue: w.queues[r.QueueID], Rules: []ruleFile{}}
		for _, rule := range version.Rules {
			reached[rule.Queue] = true
			for _, share := range rule.Split {
				reached[share.Queue] = true
			}
			out.Rules = append(out.Rules, w.rule(rule))
		}
		file.Rulesets = append(file.Rulesets, out)
	}
	file.Hours = writeHours(plan.Queues, reached)
	return file
}

func (w fileWriter) rule(rule routing.Rule) ruleFile {
	set, _ := wholeNumbers(rule.Set).(map[string]any)
	file := ruleFile{Name: rule.Name, When: rule.When, Set: set, Queue: w.queues[rule.Queue], OrderBy: rule.OrderBy}
	for _, s := range rule.Skills {
		file.Skills = append(file.Skills, skillFile{w.skills[s.SkillID], s.Rating})
	}
	for _, p := range rule.Profiles {
		file.Profiles = append(file.Profiles, w.profiles[p])
	}
	for _, s := range rule.Split {
		file.Split = append(file.Split, shareFile{w.queues[s.Queue], s.Percent})
	}
	if o := rule.Overflow; o != nil {
		file.Overflow = &overflowFile{}
		if o.OutOfHours != nil {
			file.Overflow.OutOfHours = &actionFile{Do: o.OutOfHours.Do, Queue: w.queues[o.OutOfHours.QueueID]}
		}
		if o.Full != nil {
			file.Overflow.Full = &actionFile{Items: o.Full.Items, Do: o.Full.Do, Queue: w.queues[o.Full.QueueID]}
		}
		if o.Wait != nil {
			file.Overflow.Wait = &actionFile{Seconds: o.Wait.Seconds, Do: o.Wait.Do, Queue: w.queues[o.Wait.QueueID]}
		}
	}
	return file
}
