package attack_test

import (
	"fmt"
	"strings"

	"wxdesk/internal/e2e/harness"
)

// publishHostileRules publishes rules that cost as much as rules may, for the default workstream and the default queue. None of them
// matches, so all are asked.
func publishHostileRules(s *harness.System) {
	s.T.Helper()
	dear := func(fact, more string, rule int) string {
		return fmt.Sprintf(`%s%s.matches("[\\p{L}\\p{N}]{170}%d$")`, more, fact, rule)
	}
	of := func(kind, owner, id string, position int, rules []map[string]any) {
		made := s.Create("/v1/rulesets", map[string]any{"kind": kind, owner: id, "name": fmt.Sprint(kind, position), "position": position})
		s.PublishRules(made, rules)
	}
	for set := range 10 {
		var rules []map[string]any
		for n := range 100 {
			rules = append(rules, map[string]any{
				"name": fmt.Sprint(n), "when": dear("message.text", "", set*100+n), "set": map[string]any{"x": n},
			})
		}
		if set == 0 {
			rules[99] = map[string]any{"name": "all", "when": "", "set": map[string]any{"load": strings.Repeat("a", 2000)}}
		}
		of("classification", "workstream_id", harness.DefaultWorkstream, set, rules)
	}
	s.Change("/v1/queues/"+harness.DefaultQueue, map[string]any{"method": "custom"})
	for _, kind := range []string{"prioritisation", "assignment"} {
		var rules []map[string]any
		for n := range 100 {
			rules = append(rules, map[string]any{"name": fmt.Sprint(n), "when": dear("string(item.attributes.load)", "item.waited_seconds >= 0 && ", n)})
		}
		if kind == "assignment" {
			rules[99] = map[string]any{"name": "anybody", "when": ""}
		}
		of(kind, "queue_id", harness.DefaultQueue, 0, rules)
	}
}
