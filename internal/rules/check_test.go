package rules_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
)

// transferTo is an overflow that leads to a queue when it is full.
func transferTo(q conversation.QueueID) routing.Overflow {
	return routing.Overflow{Full: &routing.OverflowLimit{Items: 5, OverflowAction: routing.OverflowAction{Do: routing.OverflowTransfer, QueueID: q}}}
}

// shop is what the tests' rules may name: desk and vip, line → desk, and two queues that overflow into each other.
func shop() rules.Known {
	return rules.Known{
		Queues: map[conversation.QueueID]routing.Overflow{
			"desk": {}, "vip": {}, "line": transferTo("desk"), "round": transferTo("about"), "about": transferTo("round"),
		},
		Skills: []routing.SkillID{"english"}, Profiles: []routing.ProfileID{"chats"}, Variables: []routing.Variable{{Name: "order"}},
	}
}

// check is rules.Check in a request that does not end.
func check(kind routing.RulesetKind, list []routing.Rule, k rules.Known) []rules.Diagnostic {
	faults, err := rules.Check(context.Background(), kind, list, k)
	if err != nil {
		panic(err)
	}
	return faults
}

// faultsOf checks one route rule with a condition.
func faultsOf(condition string) []rules.Diagnostic {
	return check(routing.RouteToQueue, []routing.Rule{{Name: "r", When: condition, Queue: "desk"}}, shop())
}

// L01
func TestCheck_namesThePlaceOfAMistake(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]rules.Diagnostic{
		`customer.language == `:            {Line: 1, Column: 22, Reason: "this is not the grammar of CEL"},
		"true &&\n  custommer.x":           {Line: 2, Column: 3, Reason: "there is no fact or function of this name"},
		`customer.canary == "x"`:           {Line: 1, Column: 9, Reason: "there is no fact or function of this name"},
		`canary(1)`:                        {Line: 1, Column: 7, Reason: "there is no fact or function of this name"},
		`agent.presence == "away"`:         {Line: 1, Column: 1, Reason: "there is no fact or function of this name"},
		`message.length == "long"`:         {Line: 1, Column: 16, Reason: "the types do not fit"},
		`1 + 1`:                            {Line: 1, Column: 1, Reason: "expected a condition that is true or false, not a value of type int"},
		`message.text.matches("(")`:        {Line: 1, Column: 22, Reason: "the pattern is not a regular expression of RE2"},
		`context["canary"] == "x"`:         {Line: 1, Column: 8, Reason: "the workstream declares no context variable of this name"},
		`context.canary == "x"`:            {Line: 1, Column: 8, Reason: "the workstream declares no context variable of this name"},
		`has(context.canary)`:              {Line: 1, Column: 4, Reason: "the workstream declares no context variable of this name"},
		`true || "canary" in context`:      {Line: 1, Column: 18, Reason: "the workstream declares no context variable of this name"},
		`message.text == "canary` + "\n\"": {Line: 1, Column: 17, Reason: "this is not the grammar of CEL"},
	} {
		want.Field = "when"
		require.Equal(t, []rules.Diagnostic{want}, faultsOf(condition), condition)
	}
	for _, good := range []string{
		"", "true", `context["order"] == "7"`, `has(context.order) && context.order == 7`, `"order" in context`, `context[message.text] == "x"`,
	} {
		require.Empty(t, faultsOf(good), good)
	}
}

// L02
func TestCheck_refusesLongAndDeepConditions(t *testing.T) {
	t.Parallel()
	for condition, reason := range map[string]string{
		strings.Repeat("true || ", 12_800) + "true":                             "expected at most 4096 bytes, not 102404",
		strings.Repeat("(", 10_000) + "true" + strings.Repeat(")", 10_000):      "expected at most 4096 bytes, not 20004",
		strings.Repeat("(", 2000) + "true" + strings.Repeat(")", 2000):          "too many brackets within brackets",
		strings.Repeat("[", 500) + strings.Repeat("]", 500) + ".size() == 1":    "too many brackets within brackets",
		strings.Repeat("!(", 1000) + "true" + strings.Repeat(")", 1000):         "too many brackets within brackets",
		`message.text == "` + strings.Repeat("茶", routing.MaxCondition/3) + `"`: "expected at most 4096 bytes, not 4113",
	} {
		faults := faultsOf(condition)
		require.Len(t, faults, 1)
		require.Equal(t, reason, faults[0].Reason)
		require.GreaterOrEqual(t, faults[0].Line, 0)
		require.GreaterOrEqual(t, faults[0].Column, 0)
	}
}

// L03
func TestCheck_refusesCostlyConditions(t *testing.T) {
	t.Parallel()
	for condition, reason := range map[string]string{
		`customer.tags.all(a, customer.tags.all(b, a == b))`:                              "a loop within a loop is too dear",
		`customer.tags.exists(a, (a + a + a).contains(message.text))`:                     "may cost too much",
		`customer.tags.exists(a, message.text.matches("(a|b|c)+d"))`:                      "may cost too much",
		strings.Repeat(`message.text.contains(message.text) || `, 100) + `time.hour == 1`: "may cost too much",
	} {
		faults := faultsOf(condition)
		require.Len(t, faults, 1, condition)
		require.True(t, strings.HasPrefix(faults[0].Reason, reason), "%s: %s", condition, faults[0].Reason)
	}
}

// L03
func TestEvaluate_stopsCostlyConditions(t *testing.T) {
	t.Parallel()
	facts := someFacts("hello")
	facts["customer"].(map[string]any)["tags"] = make([]string, 1_000_000)
	holds, err := rules.NewEvaluator().EvaluateAtLeisure(`customer.tags.all(t, t == "")`, facts)
	require.ErrorIs(t, err, rules.ErrCost)
	require.False(t, holds)
}

// L04
func TestCheck_patternsAreShortLiterals(t *testing.T) {
	t.Parallel()
	matches := func(pattern string) string { return `message.text.matches(` + pattern + `)` }
	for condition, reason := range map[string]string{
		matches(`"[` + strings.Repeat("a", 255) + `]"`): "expected a pattern of at most 256 characters",
		matches(`"[` + strings.Repeat("茶", 255) + `]"`): "expected a pattern of at most 256 characters",
		matches(`message.text`):                         "expected a literal pattern",
		matches(`"a" + "b"`):                            "expected a literal pattern",
		`matches(message.text, event.scene)`:            "expected a literal pattern",
		matches(`"(?=a)"`):                              "the pattern is not a regular expression of RE2",
		matches(`"` + strings.Repeat("茶", 256) + `"`):   "the pattern is too long, or repeats too much",
		matches(`"((a{30}){30})"`):                      "the pattern is too long, or repeats too much",
		matches(`"(((a{99}){99}){99})"`):                "the pattern is not a regular expression of RE2",
		matches(`"` + strings.Repeat("a", 4096) + `"`):  "expected at most 4096 bytes, not 4120",
	} {
		faults := faultsOf(condition)
		require.NotEmpty(t, faults, condition)
		require.Equal(t, reason, faults[0].Reason, condition)
	}
	require.Empty(t, faultsOf(matches(`"`+strings.Repeat("茶", 180)+`[`+strings.Repeat("x", 74)+`]"`)), "256 characters")
	require.Empty(t, faultsOf(matches(`"(a+)+$"`)))
	holds, err := rules.NewEvaluator().EvaluateAtLeisure(matches(`"(a+)+$"`), someFacts(strings.Repeat("a", 2047)+"!"))
	require.NoError(t, err)
	require.False(t, holds)
}

// L06
func TestCheck_refusesOverflowCircles(t *testing.T) {
	t.Parallel()
	check := func(r routing.Rule) (reasons []string) {
		r.Name = "r"
		for _, f := range check(routing.RouteToQueue, []routing.Rule{r}, shop()) {
			require.Equal(t, "overflow", f.Field)
			reasons = append(reasons, f.Reason)
		}
		return reasons
	}
	to := func(q conversation.QueueID) *routing.Overflow {
		o := transferTo(q)
		return &o
	}
	circle := []string{"leads round in a circle"}
	require.Equal(t, circle, check(routing.Rule{Queue: "desk", Overflow: to("desk")}), "to itself")
	require.Equal(t, circle, check(routing.Rule{Queue: "desk", Overflow: to("line")}), "and back")
	require.Equal(t, circle, check(routing.Rule{Queue: "vip", Overflow: to("round")}), "into others' circle")
	require.Equal(t, circle, check(routing.Rule{Split: []routing.Share{{Queue: "vip", Percent: 50}, {Queue: "desk", Percent: 50}}, Overflow: to("line")}))
	waits := routing.Overflow{Wait: &routing.OverflowWait{Seconds: 60, OverflowAction: routing.OverflowAction{Do: routing.OverflowTransfer, QueueID: "round"}}}
	require.Equal(t, circle, check(routing.Rule{Queue: "vip", Overflow: &waits}))
	require.Equal(t, []string{"there is no such queue"}, check(routing.Rule{Queue: "desk", Overflow: to("gone")}))
	require.Empty(t, check(routing.Rule{Queue: "vip", Overflow: to("line")}), "a way that ends")
	waits.Wait.QueueID, waits.Full = "desk", transferTo("line").Full
	require.Empty(t, check(routing.Rule{Queue: "vip", Overflow: &waits}), "two ways to the same end")
	require.Empty(t, check(routing.Rule{Queue: "line"}))
}

// L08
func TestCheck_conditionsReachOnlyFacts(t *testing.T) {
	t.Parallel()
	for _, condition := range []string{
		`env("HOME") == "x"`, `secret("key") == "x"`, `file("/etc/passwd") == "x"`, `read("/etc/passwd") == "x"`, `http("x") == "x"`,
		`now() == now()`, `time.now == 1`, `timestamp("2026-11-21T00:00:00Z").getHours() == 0`,
		`timestamp("2026-11-21T00:00:00Z").getHours("Asia/Shanghai") == 8`, `duration("1h").getHours() == 1`, `random() == 1`,
	} {
		faults := faultsOf(condition)
		require.NotEmpty(t, faults, condition)
		require.Equal(t, "there is no fact or function of this name", faults[0].Reason, condition)
	}
}

func TestCheck_outputsOfAnotherKindAreRefused(t *testing.T) {
	t.Parallel()
	everything := routing.Rule{
		Name: "r", Set: map[string]any{"topic": "tea"}, Skills: []routing.NeededSkill{{SkillID: "english", Rating: 5}},
		Queue: "desk", OrderBy: []routing.Order{{By: "waited"}},
	}
	for kind, fields := range map[routing.RulesetKind][]string{
		routing.Classification: {"order_by", "queue"},
		routing.RouteToQueue:   {"order_by", "set", "skills"},
		routing.Prioritisation: {"queue", "set", "skills"},
	} {
		var got []string
		for _, f := range check(kind, []routing.Rule{everything}, shop()) {
			require.Equal(t, fmt.Sprintf("not for rules of a %s ruleset", kind), f.Reason)
			got = append(got, f.Field)
		}
		require.Equal(t, fields, got)
	}
	require.Equal(t, []rules.Diagnostic{{Rule: -1, Reason: "unknown kind of ruleset"}}, check("other", nil, shop()))
}

func TestCheck_namesAreCharactersAndNotBlank(t *testing.T) {
	t.Parallel()
	named := func(name string) []rules.Diagnostic {
		return check(routing.RouteToQueue, []routing.Rule{{Name: name, Queue: "desk"}}, shop())
	}
	for _, bad := range []string{"", " \t ", strings.Repeat("茶", 101)} {
		require.Equal(t, []rules.Diagnostic{{Field: "name", Reason: "expected 1 to 100 characters"}}, named(bad), bad)
	}
	require.Empty(t, named(strings.Repeat("茶", 100)))
}

func TestCheck_outputsAreTextsOrWholeNumbers(t *testing.T) {
	t.Parallel()
	set := func(name string, value any) []rules.Diagnostic {
		return check(routing.Classification, []routing.Rule{{Name: "r", Set: map[string]any{name: value}}}, shop())
	}
	for _, good := range []any{10, int64(10), float64(10), json.Number("10"), json.Number("-10")} {
		require.Empty(t, set("priority", good), "%T", good)
		require.Empty(t, set("topic", good), "%T", good)
	}
	for _, bad := range []any{1.5, json.Number("1.5"), json.Number("99999999999999999999"), float64(1 << 60), true, nil, []any{1}} {
		require.Len(t, set("priority", bad), 1, "%v", bad)
		require.Len(t, set("topic", bad), 1, "%v", bad)
	}
	require.Empty(t, set("topic", "tea"))
	require.Empty(t, set("topic", strings.Repeat("a", 2048)))
	require.Len(t, set("topic", strings.Repeat("a", 2049)), 1, "S13: conditions look through it, and are reckoned with so much")
	require.Len(t, set("priority", "10"), 1)
	require.Len(t, set(" ", "tea"), 1)
}

func TestCheck_splitsNameEveryQueueOnceAndAddUp(t *testing.T) {
	t.Parallel()
	split := func(shares ...routing.Share) (reasons []string) {
		for _, f := range check(routing.RouteToQueue, []routing.Rule{{Name: "r", Split: shares}}, shop()) {
			reasons = append(reasons, f.Reason)
		}
		return reasons
	}
	require.Empty(t, split(routing.Share{Queue: "desk", Percent: 70}, routing.Share{Queue: "vip", Percent: 30}))
	require.Equal(t, []string{"expected every queue once"}, split(routing.Share{Queue: "desk", Percent: 70}, routing.Share{Queue: "desk", Percent: 30}))
	require.Equal(t, []string{"expected shares that add up to 100, not 90"}, split(routing.Share{Queue: "desk", Percent: 60}, routing.Share{Queue: "vip", Percent: 30}))
	require.Equal(t, []string{"there is no such queue"}, split(routing.Share{Queue: "gone", Percent: 100}))
}

func TestCheck_orderKeysFitTheirKind(t *testing.T) {
	t.Parallel()
	for _, kind := range []routing.RulesetKind{routing.Prioritisation, routing.Assignment} {
		for _, key := range append(routing.OrderKeys(kind), "attribute:team") {
			require.Empty(t, check(kind, []routing.Rule{{Name: "r", OrderBy: []routing.Order{{By: string(key)}}}}, shop()), key)
		}
		for _, key := range []string{"", "attribute:", "canary", "proficiency:", "priority:language", "skill_count: "} {
			require.Len(t, check(kind, []routing.Rule{{Name: "r", OrderBy: []routing.Order{{By: key}}}}, shop()), 1, key)
		}
	}
}

// ASG-10
func TestCheck_onlyAssignmentOrdersBySkillType(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"proficiency:language", "nearest_proficiency:产品", "skill_count:a: b"} {
		by := []routing.Rule{{Name: "r", OrderBy: []routing.Order{{By: key}}}}
		require.Empty(t, check(routing.Assignment, by, shop()), key)
		require.Len(t, check(routing.Prioritisation, by, shop()), 1, key)
	}
}

// CLS-4, RTQ-1
func TestCheck_limitsRulesAndOutputs(t *testing.T) {
	t.Parallel()
	outputs := func(n int) (set map[string]any) {
		set = map[string]any{}
		for i := range n {
			set[fmt.Sprint("attribute ", i)] = "x"
		}
		return set
	}
	classify := func(n, each int) []rules.Diagnostic {
		list := make([]routing.Rule, n)
		for i := range list {
			list[i] = routing.Rule{Name: fmt.Sprint("rule ", i), Set: outputs(each)}
		}
		return check(routing.Classification, list, shop())
	}
	require.Empty(t, classify(100, 5))
	require.Equal(t, []rules.Diagnostic{{Rule: -1, Reason: "expected at most 100 rules, not 101"}}, classify(101, 1))
	require.Equal(t, []rules.Diagnostic{{Rule: 0, Reason: "expected 1 to 5 outputs, not 6"}}, classify(1, 6))
	require.Equal(t, []rules.Diagnostic{{Rule: 0, Reason: "expected 1 to 5 outputs, not 0"}}, classify(1, 0))
	mixed := routing.Rule{Name: "mixed", Set: outputs(4), Skills: []routing.NeededSkill{{SkillID: "english", Rating: 5}}, Profiles: []routing.ProfileID{"chats"}}
	require.Equal(t, []rules.Diagnostic{{Rule: 0, Reason: "expected 1 to 5 outputs, not 6"}}, check(routing.Classification, []routing.Rule{mixed}, shop()))

	routes := make([]routing.Rule, 201)
	for i := range routes {
		routes[i] = routing.Rule{Name: fmt.Sprint("rule ", i), Queue: "desk"}
	}
	require.Empty(t, check(routing.RouteToQueue, routes[:200], shop()))
	require.Equal(t, []rules.Diagnostic{{Rule: -1, Reason: "expected at most 200 rules, not 201"}}, check(routing.RouteToQueue, routes, shop()))
}

// S13
func TestCheck_stopsAtTwentyFaults(t *testing.T) {
	t.Parallel()
	list := make([]routing.Rule, 100)
	for i := range list {
		list[i] = routing.Rule{Name: "", When: "(", Queue: "desk"}
	}
	require.Len(t, check(routing.RouteToQueue, list, shop()), rules.MaxDiagnostics)
}

// S13
func TestCheck_endsWithItsRequest(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	_, err := rules.Check(ctx, routing.RouteToQueue, []routing.Rule{{Name: "r", Queue: "desk"}}, shop())
	require.ErrorIs(t, err, context.Canceled)
	_, _, err = rules.Reader(ctx, routing.RouteToQueue, []routing.Rule{{Name: "r", When: "context.order == 1"}}, []string{"order"})
	require.ErrorIs(t, err, context.Canceled)
}

// S13, L02
// A hundred conditions of the greatest length take seconds to read.
func TestCheck_limitsConditionsTogether(t *testing.T) {
	t.Parallel()
	list := make([]routing.Rule, 20)
	for i := range list {
		list[i] = routing.Rule{Name: "r", When: `message.text == "` + strings.Repeat("退", 1300) + `"`, Queue: "desk"}
	}
	require.Empty(t, check(routing.RouteToQueue, list[:16], shop()))
	require.Equal(t, []rules.Diagnostic{{Rule: -1, Reason: "expected conditions of at most 65536 bytes in all, not 78360"}}, check(routing.RouteToQueue, list, shop()))
}

// S13
func TestCheck_refusesLongListsUnread(t *testing.T) {
	t.Parallel()
	route := routing.Rule{Name: "r", Split: make([]routing.Share, 6)}
	require.Equal(t, []rules.Diagnostic{{Field: "split", Reason: "expected at most 5 queues"}}, check(routing.RouteToQueue, []routing.Rule{route}, shop()))
	order := routing.Rule{Name: "r", OrderBy: make([]routing.Order, 11)}
	require.Equal(t, []rules.Diagnostic{{Field: "order_by", Reason: "expected at most 10 keys"}}, check(routing.Assignment, []routing.Rule{order}, shop()))
}
