package deploytest_test

import (
	"encoding/json"
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// That every metric in alerts and dashboard exists is tested where there are metrics, in internal/e2e/story.

func TestPrometheus_asksEveryProcess(t *testing.T) {
	t.Parallel()
	var config struct {
		RuleFiles []string `yaml:"rule_files"`
		Scrape    []struct {
			Job    string                       `yaml:"job_name"`
			Honor  bool                         `yaml:"honor_labels"`
			Static []struct{ Targets []string } `yaml:"static_configs"`
			Keep   []struct {
				Labels        []string `yaml:"source_labels"`
				Regex, Action string
			} `yaml:"metric_relabel_configs"`
			DNS []struct {
				Names []string
				Port  int
			} `yaml:"dns_sd_configs"`
		} `yaml:"scrape_configs"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "deploy/prometheus/prometheus.yml")), &config))
	require.Equal(t, []string{"api", "worker"}, config.Scrape[0].DNS[0].Names)
	require.Equal(t, 9090, config.Scrape[0].DNS[0].Port)
	temporal := config.Scrape[1]
	require.Equal(t, []string{"collector:8889"}, temporal.Static[0].Targets, "Temporal itself is out of reach")
	require.True(t, temporal.Honor, "the collector says whose they are")
	require.Equal(t, []string{"job"}, temporal.Keep[0].Labels)
	require.Equal(t, "temporal keep", temporal.Keep[0].Regex+" "+temporal.Keep[0].Action, "ours would count twice")
	mounted := map[string]bool{}
	for _, v := range project(t).Services["prometheus"].Volumes {
		mounted[v.Target] = true
	}
	for _, file := range append(config.RuleFiles, "/etc/prometheus/prometheus.yml") {
		require.True(t, mounted[file], file)
	}
}

func TestAlerts_haveSeverityAndSummary(t *testing.T) {
	t.Parallel()
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "deploy/prometheus/alerts.yml")), &file))
	operations := read(t, "docs/operations.md")
	seen := map[string]bool{}
	for _, rule := range file.Groups[0].Rules {
		require.False(t, seen[rule.Alert], rule.Alert)
		seen[rule.Alert] = true
		assert.NotEmpty(t, rule.Expr, rule.Alert)
		assert.Contains(t, []string{"page", "ticket"}, rule.Labels["severity"], rule.Alert)
		assert.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
		assert.Contains(t, operations, "`"+rule.Alert+"`", "docs/operations.md says what to do")
	}
	require.Greater(t, len(seen), 10)
}

func TestDashboard_isProvisionedAndWellFormed(t *testing.T) {
	t.Parallel()
	var dashboard struct {
		UID, Title string
		Panels     []struct {
			ID          int
			Type, Title string
			GridPos     struct{ X, Y, W, H int }
			Datasource  struct{ UID string }
			Targets     []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(read(t, "deploy/grafana/wxdesk.json")), &dashboard))
	var source struct {
		Datasources []struct{ UID, URL string }
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "deploy/grafana/provisioning/datasources/prometheus.yml")), &source))
	require.Equal(t, "http://prometheus:9090", source.Datasources[0].URL)
	ids := map[int]bool{}
	for _, panel := range dashboard.Panels {
		require.False(t, ids[panel.ID], panel.Title)
		ids[panel.ID] = true
		require.LessOrEqual(t, panel.GridPos.X+panel.GridPos.W, 24, panel.Title)
		if panel.Type != "row" {
			require.Equal(t, source.Datasources[0].UID, panel.Datasource.UID, panel.Title)
			require.NotEmpty(t, panel.Targets, panel.Title)
		}
	}

	var provider struct {
		Providers []struct{ Options struct{ Path string } }
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "deploy/grafana/provisioning/dashboards/wxdesk.yml")), &provider))
	grafana := project(t).Services["grafana"]
	targets := map[string]bool{}
	for _, v := range grafana.Volumes {
		targets[v.Target] = true
	}
	home := *grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	require.Equal(t, provider.Providers[0].Options.Path, path.Dir(home))
	require.True(t, targets[home])
	require.True(t, targets["/etc/grafana/provisioning/dashboards/wxdesk.yml"])
	require.True(t, targets["/etc/grafana/provisioning/datasources/prometheus.yml"])
}
