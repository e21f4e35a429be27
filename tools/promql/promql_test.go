package promql_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// An expression is a vector, and selects metrics by their names and labels by their values, for which internal/e2e/story looks.
func TestAlerts_areExpressionsThatPrometheusTakes(t *testing.T) {
	t.Parallel()
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	require.NoError(t, yaml.Unmarshal(read(t, "../../deploy/prometheus/alerts.yml"), &file))
	require.NotEmpty(t, file.Groups[0].Rules)
	for _, rule := range file.Groups[0].Rules {
		check(t, rule.Alert, rule.Expr)
	}
}

func TestDashboard_queriesParse(t *testing.T) {
	t.Parallel()
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(read(t, "../../deploy/grafana/wxdesk.json"), &dashboard))
	require.NotEmpty(t, dashboard.Panels)
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			check(t, panel.Title, target.Expr)
		}
	}
}

func check(t *testing.T, place, expr string) {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if !assert.NoError(t, err, place) {
		return
	}
	assert.Equal(t, parser.ValueTypeVector, parsed.Type(), place)
	parser.Inspect(parsed, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			assert.NotEmpty(t, s.Name, place)
			for _, m := range s.LabelMatchers {
				assert.NotEqual(t, labels.MatchRegexp, m.Type, place)
			}
		}
		return nil
	})
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return text
}
