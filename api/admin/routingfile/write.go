package routingfile

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
)

// Write writes the workstream's rulesets, and the rulesets and hours of the queues to which they lead.
func Write(plan routing.Plan) ([]byte, error) {
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(formatOf(plan)); err != nil {
		return nil, fmt.Errorf("write a routing file: %w", err)
	}
	return text.Bytes(), nil
}

// writer turns rulesets of this installation into those of a routing file.
type writer struct {
	queues   map[conversation.QueueID]string
	skills   map[routing.SkillID]string
	profiles map[routing.ProfileID]string
}

func formatOf(plan routing.Plan) format {
	w := writer{map[conversation.QueueID]string{}, map[routing.SkillID]string{}, map[routing.ProfileID]string{}}
	for _, q := range plan.Queues {
		w.queues[q.ID] = q.Name
	}
	for _, s := range plan.Skills {
		w.skills[s.ID] = s.Name
	}
	for _, p := range plan.Profiles {
		w.profiles[p.ID] = p.Name
	}
	file := format{Format: version, Rulesets: []rulesetFile{}}
	reached := map[conversation.QueueID]bool{plan.Workstream.FallbackQueue: true}
	for _, r := range plan.Rulesets {
		inForce := r.InForce
		if inForce == nil {
			inForce = r.Draft
		}
		if inForce == nil || r.QueueID != "" && !reached[r.QueueID] {
			continue
		}
		out := rulesetFile{Kind: r.Kind, Name: r.Name, Queue: w.queues[r.QueueID], Rules: []ruleFile{}}
		for _, rule := range inForce.Rules {
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

func (w writer) rule(rule routing.Rule) ruleFile {
	set, _ := rules.WholeNumbers(rule.Set).(map[string]any)
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
