package routing

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"wxdesk/internal/conversation"
)

// DefaultPriority is the priority of a conversation if no rule sets another.
const DefaultPriority = 100

// What became of a rule (RuleTrace.Outcome).
const (
	ruleMatched      = "matched"
	ruleNotMatched   = "not-matched"
	ruleNotProcessed = "not-processed" // an earlier one of its ruleset had matched
	ruleFailed       = "failed"        // could not be judged
)

// longestReason is how much of an Evaluator's error a trace keeps, in bytes.
const longestReason = 200

// decider is the making of one decision.
type decider struct {
	q         Question
	evaluator Evaluator
	queues    map[conversation.QueueID]*QueueNow
	Decision
}

// Classify applies the classification rulesets alone, for a conversation that a bot is about to answer (CLS-13). The decision has
// what rules set, and nothing of queues. Decide adds the capacity profiles of the workstream.
func Classify(q Question, evaluator Evaluator) Decision {
	q.Workstream.Profiles = nil
	d := decider{q: q, evaluator: evaluator}
	d.classify()
	return d.Decision
}

// classify applies the classification rulesets in order (CLS-1), beginning with what they set before. In each ruleset, the first rule
// that holds sets its outputs. Then the next ruleset is applied (CLS-2), which sees what was set (CLS-3).
func (d *decider) classify() {
	d.Needs = Needs{Priority: DefaultPriority, Attributes: map[string]any{}, Profiles: slices.Clone(d.q.Workstream.Profiles)}
	if before := d.q.Before; before != nil {
		d.Priority, d.Skills = before.Priority, slices.Clone(before.Skills)
		d.Profiles = append(d.Profiles, before.Profiles...)
		maps.Copy(d.Attributes, before.Attributes)
	}
	for _, set := range d.q.Classifications {
		facts, matched := d.facts(), false
		for _, rule := range set.Rules {
			if matched {
				d.trace(set, rule, ruleNotProcessed, "")
				continue
			}
			if matched = d.matches(set, rule, facts); matched {
				d.addOutputs(rule)
			}
		}
	}
	slices.SortFunc(d.Skills, func(a, b NeededSkill) int { return cmp.Compare(a.SkillID, b.SkillID) })
	slices.Sort(d.Profiles)
	d.Profiles = slices.Compact(d.Profiles)
}

// facts are the question's with "item", as far as it is classified.
func (d *decider) facts() Facts {
	facts := maps.Clone(d.q.Facts)
	if facts == nil {
		facts = Facts{}
	}
	skills := make(map[string]any, len(d.Skills))
	for _, s := range d.Skills {
		skills[string(s.SkillID)] = int64(s.Rating)
	}
	facts["item"] = map[string]any{"priority": int64(d.Priority), "skills": skills, "attributes": maps.Clone(d.Attributes)}
	return facts
}

// matches reports whether a rule holds, and adds it to the trace. A rule that cannot be judged does not hold (L05), and supervisors
// get an alert about the first such rule.
func (d *decider) matches(set RulesetVersion, rule Rule, facts Facts) bool {
	holds, err := evaluate(rule, facts, d.evaluator)
	switch {
	case err != nil:
		d.trace(set, rule, ruleFailed, shorten(err.Error()))
		if !strings.Contains(d.Alert, alertRuleFailed) {
			d.alert(alertRuleFailed + rule.Name)
		}
	case holds:
		d.trace(set, rule, ruleMatched, "")
	default:
		d.trace(set, rule, ruleNotMatched, "")
	}
	return err == nil && holds
}

var errNoEvaluator = errors.New("no evaluator for conditions")

func evaluate(rule Rule, facts Facts, evaluator Evaluator) (bool, error) {
	switch {
	case rule.When == "":
		return true, nil
	case evaluator == nil:
		return false, errNoEvaluator
	}
	return evaluator.Evaluate(rule.When, facts)
}

func (d *decider) trace(set RulesetVersion, rule Rule, outcome, reason string) {
	d.Trace.Rules = append(d.Trace.Rules, RuleTrace{set.RulesetID, set.Number, rule.Name, outcome, reason})
}

// addOutputs adds a rule's outputs to what is known of the item. Attributes replace those of earlier rulesets (CLS-7), skills and
// capacity profiles are added to them (CLS-8, CLS-9). A skill that is needed twice is needed at the higher rating.
func (d *decider) addOutputs(rule Rule) {
	for name, value := range rule.Set {
		text, isText := value.(string)
		n, isNumber := number(value)
		switch {
		case name == "priority":
			if isNumber && !isText {
				d.Priority = int(min(max(n, -MaxPriority), MaxPriority))
			}
		case isText:
			d.Attributes[name] = text
		case isNumber:
			d.Attributes[name] = n
		}
	}
	for _, s := range rule.Skills {
		i := slices.IndexFunc(d.Skills, func(have NeededSkill) bool { return have.SkillID == s.SkillID })
		if i < 0 {
			d.Skills = append(d.Skills, s)
			continue
		}
		d.Skills[i].Rating = max(d.Skills[i].Rating, s.Rating)
	}
	d.Profiles = append(d.Profiles, rule.Profiles...)
}

// shorten cuts a reason to what a trace keeps, between characters.
func shorten(reason string) string {
	if len(reason) > longestReason {
		reason = reason[:longestReason]
	}
	return strings.ToValidUTF8(reason, "")
}
