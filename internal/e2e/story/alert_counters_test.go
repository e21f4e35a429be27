package story_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// What has never happened is 0, not missing: otherwise the first time is no increase, and nobody is told. Those of the access
// tokens begin with an account's first token.
func TestMetrics_countersBeginAtZero(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 30*time.Second)
	told, named := allMetrics(s), map[string]bool{}
	for place, expr := range watchedExpressions(t) {
		if !strings.HasPrefix(place, "alert ") {
			continue
		}
		for _, series := range counterSelector.FindAllStringSubmatch(expr, -1) {
			named[series[0]] = true
			assert.True(t, slices.ContainsFunc(strings.Split(told[series[1]], "\n"), func(line string) bool {
				return selects(line, series[2])
			}), "%s watches %s, which is not there:\n%s", place, series[0], told[series[1]])
		}
	}
	require.Len(t, named, 10, "%v", slices.Sorted(maps.Keys(named)))
}

// counterSelector are the selectors of an expression that are of counters: name and labels.
var (
	counterSelector = regexp.MustCompile(`\b([a-zA-Z_:][a-zA-Z0-9_:]*_total)\b(?:\{([^}]*)\})?`)
	labelPair       = regexp.MustCompile(`\w+="[^"]*"`)
)

// selects reports whether a line of /metrics is of a series that the labels select.
func selects(line, labels string) bool {
	if line == "" {
		return false
	}
	for _, pair := range labelPair.FindAllString(labels, -1) {
		if !strings.Contains(line, "{"+pair) && !strings.Contains(line, ","+pair) {
			return false
		}
	}
	return true
}
