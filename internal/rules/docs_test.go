package rules_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
)

// page is docs/rules.md.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/rules.md")
	require.NoError(t, err)
	return string(text)
}

// table is the rows of the table under a heading of the page.
func table(t *testing.T, heading string) (rows []string) {
	t.Helper()
	_, part, found := strings.Cut(page(t), "\n## "+heading+"\n")
	require.True(t, found, heading)
	part, _, _ = strings.Cut(part, "\n## ")
	for line := range strings.Lines(part) {
		if strings.HasPrefix(line, "|") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	require.Greater(t, len(rows), 2, heading)
	return rows[2:]
}

func TestDocs_listEveryFactAsItIs(t *testing.T) {
	t.Parallel()
	var want []string
	for _, f := range rules.Facts() {
		var kinds []string
		for _, kind := range f.Kinds {
			kinds = append(kinds, string(kind))
		}
		want = append(want, fmt.Sprintf("| `%s` | %s | %s | %s |", f.Name, f.Type, f.Meaning, strings.Join(kinds, ", ")))
	}
	require.Equal(t, want, table(t, "Facts"))
}

func TestDocs_listEveryKeyToOrderBy(t *testing.T) {
	t.Parallel()
	var got, want []string
	for _, row := range table(t, "Order") {
		cells := strings.Split(row, "|")
		got = append(got, strings.TrimSpace(cells[1])+" "+strings.TrimSpace(cells[2]))
	}
	for _, kind := range []routing.RulesetKind{routing.Prioritisation, routing.Assignment} {
		for _, key := range routing.OrderKeys(kind) {
			want = append(want, fmt.Sprintf("`%s` %s", key, kind))
		}
	}
	want = append(want, "`proficiency:TYPE`, `nearest_proficiency:TYPE`, `skill_count:TYPE` assignment")
	require.Equal(t, append(want, "`attribute:NAME` prioritisation, assignment"), got)
}

func TestDocs_limitsAreThoseThatCount(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		fmt.Sprintf("| classification rulesets of a workstream | %d |", routing.MaxClassifications),
		fmt.Sprintf("| rules of a ruleset | %d, of a route %d |", routing.MaxRules, routing.MaxRouteRules),
		fmt.Sprintf("| what a rule of classification sets | %d things, texts of %d bytes |", routing.MaxOutputs, rules.MaxText),
		fmt.Sprintf("| queues of a split | %d |", routing.MaxSplit),
		fmt.Sprintf("| a rule's name | %d characters |", routing.MaxName),
		fmt.Sprintf("| keys of an `order_by` | %d |", routing.MaxOrder),
		fmt.Sprintf("| a condition | %d bytes |", routing.MaxCondition),
		fmt.Sprintf("| all conditions of a ruleset | %d KiB |", routing.MaxConditions>>10),
		fmt.Sprintf("| a pattern | %d characters, %d steps |", rules.MaxPattern, rules.MaxProgram),
		fmt.Sprintf("| what a condition may cost | %d units of CEL, and 10 ms |", rules.CostLimit),
		fmt.Sprintf("| facts of a trial | texts of %d bytes, lists and maps of %d, %d values in all |", rules.MaxText, rules.MaxEntries, rules.MaxValues),
	}, table(t, "Limits"))
}

// example is what this test wants of a routing file.
type example struct {
	Rulesets []struct {
		Kind  routing.RulesetKind
		Rules []struct {
			Name, When string
			OrderBy    []routing.Order `yaml:"order_by"`
		}
	}
}

func TestDocs_tenExamplesAreValid(t *testing.T) {
	t.Parallel()
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(page(t))
	require.NotNil(t, block)
	var file example
	require.NoError(t, yaml.Unmarshal([]byte(block[1]), &file))
	known := rules.Known{
		Queues:    map[conversation.QueueID]routing.Overflow{"q": {}},
		Variables: []routing.Variable{{Name: "visits", Number: true}},
	}
	evaluator, shown := rules.NewEvaluator(), 0
	var kinds []routing.RulesetKind
	for _, set := range file.Rulesets {
		kinds = append(kinds, set.Kind)
		for _, r := range set.Rules {
			shown++
			rule := routing.Rule{Name: r.Name, When: r.When, OrderBy: r.OrderBy}
			switch set.Kind {
			case routing.Classification:
				rule.Set = map[string]any{"topic": "tea"}
			case routing.RouteToQueue:
				rule.Queue = "q"
			}
			require.Empty(t, check(set.Kind, []routing.Rule{rule}, known), r.Name)
			_, err := evaluator.Evaluate(r.When, someFacts("hello"))
			require.NoError(t, err, r.Name)
		}
	}
	require.Equal(t, 10, shown)
	require.Len(t, slices.Compact(kinds), 4, "of every kind")
}
