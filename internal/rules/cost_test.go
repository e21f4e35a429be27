package rules_test

import (
	"runtime"
	"strings"
	"testing"

	"wxdesk/internal/rules"
)

// maxBytes is how much memory evaluating a condition may take, all told (S13).
const maxBytes = 8 << 20

// S13
// FuzzEvaluate_noConditionHangs evaluates conditions over the longest message that WeChat sends, and more tags than it
// knows. Whatever compiles comes to an answer or is stopped by its cost. Its cost, and not a clock, is what keeps it under
// 10 ms; so the clock is left out here.
func FuzzEvaluate_noConditionHangs(f *testing.F) {
	for _, seed := range []string{
		``, `true`, `message.text == "x"`, `message.text.matches("(a+)+$")`, `message.text.matches("(.?){40}b")`,
		`message.text.matches("(.*.*.*.*.*.*.*.*)*x")`, `message.text.matches("[\\p{L}\\p{N}]{200}$")`,
		`customer.tags.all(t, t.size() > 0)`, `customer.tags.map(t, t + t + t + t).size() > 0`,
		`customer.tags.map(t, [t, t, t, t, t, t, t, t]).size() > 0`, `customer.tags.filter(t, t in customer.tags).size() > 0`,
		`customer.tags.exists(a, customer.tags.exists(b, a == b))`, `customer.tags == customer.tags + customer.tags`,
		`(message.text + message.text + message.text + message.text).contains(message.text + "x")`,
		`[message.text, message.text].map(t, [t, t, t]).map(t, [t, t, t]).map(t, [t, t, t]).size() == 2`,
		`string(bytes(message.text)) == message.text`, `[[[[[[[[1]]]]]]]] == [[[[[[[[2]]]]]]]]`, `{"a": {"b": {"c": 1}}}.a.b.c == 1`,
		strings.Repeat("!", 4000) + "true", strings.Repeat("-", 45) + "1 == 1", strings.Repeat("(", 49) + "true" + strings.Repeat(")", 49),
		strings.Repeat(`message.text.contains("x") || `, 100) + "true", `"` + strings.Repeat("\\x", 100) + `" == ""`, "\x00", "\xff", `'''`, `r"\"`,
	} {
		f.Add(seed)
	}
	facts := someFacts(strings.Repeat("a", 2048))
	tags := make([]string, 10_000)
	for i := range tags {
		tags[i] = strings.Repeat("t", 60)
	}
	facts["customer"].(map[string]any)["tags"] = tags
	evaluator := rules.NewEvaluator()
	f.Fuzz(func(t *testing.T, condition string) {
		_, _ = evaluator.EvaluateAtLeisure(condition, facts) // compiles it
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		holds, err := evaluator.EvaluateAtLeisure(condition, facts)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > maxBytes {
			t.Errorf("took %d bytes, want at most %d", took, maxBytes)
		}
		if cost, ended := evaluator.Cost(condition, facts); ended && cost > rules.CostLimit {
			t.Errorf("came to an end at a cost of %d, want a stop at %d", cost, rules.CostLimit)
		}
		if err != nil && holds {
			t.Errorf("holds although %v", err)
		}
	})
}
