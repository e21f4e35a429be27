package story_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// watchedExpressions are all expressions of alerts and dashboard, by where they stand.
func watchedExpressions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	text, err := os.ReadFile("../../../deploy/prometheus/alerts.yml")
	require.NoError(t, err)
	var alerts struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &alerts))
	for _, rule := range alerts.Groups[0].Rules {
		all["alert "+rule.Alert] = rule.Expr
	}
	text, err = os.ReadFile("../../../deploy/grafana/wxdesk.json")
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	for _, panel := range dashboard.Panels {
		for i, target := range panel.Targets {
			all[fmt.Sprintf("panel %s %d", panel.Title, i)] = target.Expr
		}
	}
	return all
}

var (
	selector = regexp.MustCompile(`\b([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^}]*\})?`)
	label    = regexp.MustCompile(`([a-zA-Z_]\w*)\s*(?:=|!=|=~|!~)\s*"`)
	grouping = regexp.MustCompile(`\b(?:by|without)\s*\([^)]*\)`)
	function = regexp.MustCompile(`\b[a-z_]+\s*\(`)
	extent   = regexp.MustCompile(`\[\w+\]|\boffset \w+|\b(?:or|and|unless|bool)\b`)
)

// metricsIn are the metrics of an expression, with the labels that it matches them by.
func metricsIn(expr string) map[string][]string {
	found := map[string][]string{}
	rest := function.ReplaceAllString(grouping.ReplaceAllString(extent.ReplaceAllString(expr, ""), ""), "(")
	for _, m := range selector.FindAllStringSubmatch(rest, -1) {
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			found[m[1]] = append(found[m[1]], l[1])
		}
		if found[m[1]] == nil {
			found[m[1]] = []string{}
		}
	}
	return found
}

func TestMetrics_foundInExpressions(t *testing.T) {
	t.Parallel()
	got := metricsIn(`histogram_quantile(0.99, sum by (le) (rate(a_bucket{x="1", y!="2"}[5m]))) > 10 or (b unless b offset 1h) > 0`)
	require.Equal(t, []string{"a_bucket", "b"}, slices.Sorted(maps.Keys(got)))
	require.Equal(t, []string{"x", "y"}, got["a_bucket"])
}
