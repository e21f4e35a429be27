package cli

import (
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// DemoRules are the rules of the demo, by the names of their rulesets, with names of skills and queues for ids.
func DemoRules() (kinds map[string]routing.RulesetKind, rules map[string][]routing.Rule) {
	skills := map[string]routing.SkillID{}
	for _, name := range []string{"Chinese", "English", "Japanese"} {
		skills[name] = routing.SkillID(name)
	}
	queues := map[string]conversation.QueueID{}
	for _, name := range []string{demoDesk, demoWholesale, demoReturns, demoOrders} {
		queues[name] = conversation.QueueID(name)
	}
	kinds, rules = map[string]routing.RulesetKind{}, map[string][]routing.Rule{}
	for _, set := range demoRulesets(skills, queues) {
		kinds[set.name], rules[set.name] = set.kind, set.rules
	}
	return kinds, rules
}

// Compare is how reconcile compares.
var Compare = compare
