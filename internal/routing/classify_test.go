package routing_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/routing"
)

// answers knows conditions by name; those it does not know fail.
type answers map[string]func(routing.Facts) bool

func (a answers) Evaluate(condition string, facts routing.Facts) (bool, error) {
	holds, known := a[condition]
	if !known {
		return true, errors.New(condition + " fails")
	}
	return holds(facts), nil
}

// said holds if the customer wrote a text; item if an item's attribute has a value.
func said(text string) func(routing.Facts) bool {
	return func(f routing.Facts) bool { return f["message"].(map[string]any)["text"] == text }
}

func item(name string, value any) func(routing.Facts) bool {
	return func(f routing.Facts) bool {
		return f["item"].(map[string]any)["attributes"].(map[string]any)[name] == value
	}
}

func always(routing.Facts) bool { return true }
func never(routing.Facts) bool  { return false }

var standard = answers{
	"true": always, "false": never,
	"refund":   said("refund"),
	"is vip":   item("level", "vip"),
	"is three": item("level", int64(3)),
	"priority 1": func(f routing.Facts) bool {
		return f["item"].(map[string]any)["priority"] == int64(1)
	},
	"needs tax": func(f routing.Facts) bool {
		return f["item"].(map[string]any)["skills"].(map[string]any)["tax"] == int64(4)
	},
}

// classified asks for a conversation in which the customer wrote refund, with these classification rulesets.
func classified(sets ...[]routing.Rule) routing.Question {
	q := question(staffed("fallback"))
	for i, rules := range sets {
		q.Classifications = append(q.Classifications, routing.RulesetVersion{RulesetID: routing.RulesetID("abcd"[i : i+1]), Number: 7, Rules: rules})
	}
	return q
}

func set(name string, value any) map[string]any { return map[string]any{name: value} }

// CLS-2, DIA-1
func TestClassify_firstMatchOfEachRuleset(t *testing.T) {
	t.Parallel()
	d := routing.Decide(classified(
		[]routing.Rule{
			{Name: "no", When: "false", Set: set("level", "none")},
			{Name: "first", When: "refund", Set: set("level", "vip")},
			{Name: "second", When: "true", Set: set("level", "second")},
		},
		[]routing.Rule{{Name: "next", Set: set("topic", "money")}},
	), standard)
	require.Equal(t, map[string]any{"level": "vip", "topic": "money"}, d.Attributes)
	require.Equal(t, []routing.RuleTrace{
		{RulesetID: "a", Version: 7, Rule: "no", Outcome: "not-matched"},
		{RulesetID: "a", Version: 7, Rule: "first", Outcome: "matched"},
		{RulesetID: "a", Version: 7, Rule: "second", Outcome: "not-processed"},
		{RulesetID: "b", Version: 7, Rule: "next", Outcome: "matched"},
	}, d.Trace.Rules)
}

// CLS-1, CLS-3
func TestClassify_laterRulesetsSeeEarlierOutputs(t *testing.T) {
	t.Parallel()
	q := classified(
		[]routing.Rule{{Set: map[string]any{"level": "vip", "priority": float64(1)}, Skills: []routing.NeededSkill{{SkillID: "tax", Rating: 4}}}},
		[]routing.Rule{{When: "is vip", Set: set("seen", "attribute")}},
		[]routing.Rule{{When: "priority 1", Set: set("priority seen", "yes")}},
		[]routing.Rule{{When: "needs tax", Set: set("skill seen", "yes")}},
	)
	q.Queues = append(q.Queues, staffed("vip"))
	q.Route = routes(routing.Rule{When: "is vip", Queue: "vip"})
	d := routing.Decide(q, standard)
	require.Equal(t, map[string]any{"level": "vip", "seen": "attribute", "priority seen": "yes", "skill seen": "yes"}, d.Attributes)
	require.EqualValues(t, "vip", d.QueueID)
}

// CLS-3
func TestClassify_ruleSeesNotItsOwnRuleset(t *testing.T) {
	t.Parallel()
	d := routing.Decide(classified([]routing.Rule{{When: "is vip", Set: set("wrong", "yes")}, {Set: set("level", "vip")}}), standard)
	require.Equal(t, set("level", "vip"), d.Attributes)
}

// CLS-7
func TestClassify_lastAttributeCounts(t *testing.T) {
	t.Parallel()
	d := routing.Decide(classified(
		[]routing.Rule{{Set: map[string]any{"level": "low", "severity": float64(3), "half": 0.5, "list": []any{"x"}, "digits": "12"}}},
		[]routing.Rule{{Set: set("level", 3)}},
		[]routing.Rule{{When: "is three", Set: set("priority", 5)}},
	), standard)
	require.Equal(t, map[string]any{"level": int64(3), "severity": int64(3), "digits": "12"}, d.Attributes)
	require.Equal(t, 5, d.Priority)
}

// CLS-7
func TestClassify_priorityStaysInRange(t *testing.T) {
	t.Parallel()
	for value, want := range map[any]int{7: 7, 1 << 40: routing.MaxPriority, -1 << 40: -routing.MaxPriority, "5": routing.DefaultPriority} {
		d := routing.Decide(classified([]routing.Rule{{Set: set("priority", value)}}), standard)
		require.Equal(t, want, d.Priority, "%v", value)
	}
}

// CLS-8
func TestClassify_higherSkillRatingIsNeeded(t *testing.T) {
	t.Parallel()
	d := routing.Decide(classified(
		[]routing.Rule{{Skills: []routing.NeededSkill{{SkillID: "tax", Rating: 4}, {SkillID: "law", Rating: 9}}}},
		[]routing.Rule{{Skills: []routing.NeededSkill{{SkillID: "tax", Rating: 6}, {SkillID: "law", Rating: 2}, {SkillID: "art", Rating: 1}}}},
	), standard)
	require.Equal(t, []routing.NeededSkill{{SkillID: "art", Rating: 1}, {SkillID: "law", Rating: 9}, {SkillID: "tax", Rating: 6}}, d.Skills)
}

// CLS-9
func TestClassify_addsCapacityProfiles(t *testing.T) {
	t.Parallel()
	q := classified([]routing.Rule{{Profiles: []routing.ProfileID{"b", "a"}}}, []routing.Rule{{Profiles: []routing.ProfileID{"c", "b"}}})
	q.Workstream.Profiles = append(make([]routing.ProfileID, 0, 8), "p", "b")
	require.Equal(t, []routing.ProfileID{"a", "b", "c", "p"}, routing.Decide(q, standard).Profiles)
	require.Equal(t, []routing.ProfileID{"p", "b"}, q.Workstream.Profiles, "the question stays as it is")
}

// L05, RTQ-3
func TestDecide_failingRuleIsSkipped(t *testing.T) {
	t.Parallel()
	q := classified([]routing.Rule{{Name: "broken", When: "1 / 0", Set: set("level", "broken")}, {Name: "sound", Set: set("level", "sound")}})
	q.Queues = append(q.Queues, staffed("other"), staffed("sound"))
	q.Route = routes(routing.Rule{Name: "also broken", When: "no such key", Queue: "other"}, routing.Rule{Queue: "sound"})
	d := routing.Decide(q, standard)
	require.Equal(t, set("level", "sound"), d.Attributes)
	require.EqualValues(t, "sound", d.QueueID)
	require.Equal(t, routing.RuleTrace{RulesetID: "a", Version: 7, Rule: "broken", Outcome: "failed", Reason: "1 / 0 fails"}, d.Trace.Rules[0])
	require.Equal(t, "rule-failed: broken", d.Alert, "one of them is enough")
}

// L05
func TestTrace_cutsReasonsBetweenCharacters(t *testing.T) {
	t.Parallel()
	d := routing.Decide(classified([]routing.Rule{{When: "x" + strings.Repeat("错", 100)}}), standard)
	require.Equal(t, "x"+strings.Repeat("错", 66), d.Trace.Rules[0].Reason)
}

// L05
func TestDecide_conditionsNeedAJudge(t *testing.T) {
	t.Parallel()
	d := routing.Decide(classified([]routing.Rule{{When: "true", Set: set("level", "x")}, {Set: set("level", "y")}}), nil)
	require.Equal(t, set("level", "y"), d.Attributes)
}

// L10
// What the customer wrote reaches the Evaluator as a value, never as part of a condition.
func TestDecide_messageIsDataOnly(t *testing.T) {
	t.Parallel()
	q := classified([]routing.Rule{{When: "refund", Set: set("level", "vip")}})
	q.Facts = routing.Facts{"message": map[string]any{"text": `" || true || "`}}
	asked := &listener{answers: standard}
	d := routing.Decide(q, asked)
	require.Empty(t, d.Attributes)
	require.Equal(t, []string{"refund"}, asked.heard)
}

type listener struct {
	answers
	heard []string
}

func (l *listener) Evaluate(condition string, facts routing.Facts) (bool, error) {
	l.heard = append(l.heard, condition)
	return l.answers.Evaluate(condition, facts)
}

// CLS-13
func TestDecide_startsFromTheFirstClassification(t *testing.T) {
	t.Parallel()
	first := classified([]routing.Rule{{
		When: "refund", Set: map[string]any{"level": "vip", "topic": "money", "priority": 1}, Profiles: []routing.ProfileID{"ruled"},
		Skills: []routing.NeededSkill{{SkillID: "tax", Rating: 4}, {SkillID: "law", Rating: 6}},
	}})
	first.Workstream.Profiles = []routing.ProfileID{"of the workstream"}
	before := routing.Classify(first, standard)
	require.Equal(t, []routing.ProfileID{"ruled"}, before.Profiles, "the workstream's are those of the day when people are asked")
	require.Empty(t, before.QueueID)
	require.Empty(t, before.Trace.Queues)
	require.Equal(t, "matched", before.Trace.Rules[0].Outcome)

	again := first
	again.Facts, again.Before = routing.Facts{"message": map[string]any{"text": "a person, please"}}, &before.Needs
	again.Classifications = append(again.Classifications, classified([]routing.Rule{{
		When: "is vip", Set: set("topic", "person"), Skills: []routing.NeededSkill{{SkillID: "law", Rating: 2}, {SkillID: "art", Rating: 1}},
	}}).Classifications...)
	d := routing.Decide(again, standard)
	require.Equal(t, routing.Needs{
		Priority: 1, Attributes: map[string]any{"level": "vip", "topic": "person"}, Profiles: []routing.ProfileID{"of the workstream", "ruled"},
		Skills: []routing.NeededSkill{{SkillID: "art", Rating: 1}, {SkillID: "law", Rating: 6}, {SkillID: "tax", Rating: 4}},
	}, d.Needs)
	require.Equal(t, map[string]any{"level": "vip", "topic": "money"}, before.Attributes, "it is not changed")
	require.Equal(t, d, routing.Decide(again, standard), "the same question has the same answer")

	again.Before = nil
	require.Empty(t, routing.Decide(again, standard).Skills, "the last message matches nothing")
}
