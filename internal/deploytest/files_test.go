package deploytest_test

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(path.Join(root, name))
	require.NoError(t, err)
	return string(text)
}

func TestDockerfile_buildsFromWhatThereIs(t *testing.T) {
	t.Parallel()
	file := read(t, "Dockerfile")
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "go.mod"))
	require.NotNil(t, version)
	require.Regexp(t, `(?m)^FROM golang:`+regexp.QuoteMeta(version[1])+`-\S+ AS build$`, file)

	stages := map[string]bool{}
	for _, stage := range regexp.MustCompile(`(?m)^FROM \S+ AS (\S+)$`).FindAllStringSubmatch(file, -1) {
		stages[stage[1]] = true
	}
	for _, copied := range regexp.MustCompile(`(?m)^COPY (.+)$`).FindAllStringSubmatch(file, -1) {
		words := strings.Fields(copied[1])
		sources := words[:len(words)-1]
		var from string
		for strings.HasPrefix(sources[0], "--") {
			if stage, ok := strings.CutPrefix(sources[0], "--from="); ok {
				from = stage
			}
			sources = sources[1:]
		}
		if from != "" {
			assert.True(t, stages[from], from)
			continue
		}
		for _, source := range sources {
			_, err := os.Stat(path.Join(root, source))
			assert.NoError(t, err)
		}
	}

	final := file[strings.LastIndex(file, "\nFROM "):]
	require.Contains(t, file, "CGO_ENABLED=0 go build")
	require.Contains(t, file, "-o /out/wxdesk")
	require.Contains(t, final, "COPY --from=build /out/wxdesk /wxdesk")
	require.Contains(t, final, `ENTRYPOINT ["/wxdesk"]`)
	require.Regexp(t, `(?m)^USER [1-9]\d*:[1-9]\d*$`, final, "not root")
}

// What the build needs is not left out of its context, and what holds secrets is.
func TestDockerignore(t *testing.T) {
	t.Parallel()
	lines := strings.Split(read(t, ".dockerignore"), "\n")
	for _, secret := range []string{".env", ".wxdesk"} {
		require.Contains(t, lines, secret)
	}
	for _, needed := range []string{".git", "internal", "schema", "api", "workflows", "activities", "worker", "go.mod"} {
		require.NotContains(t, lines, needed)
	}
}

// collector is its configuration, as far as our own words in it go.
type collector struct {
	Receivers struct {
		OTLP struct {
			Protocols struct {
				HTTP struct{ Endpoint string }
			}
		}
		Prometheus struct {
			Config struct {
				Jobs []struct {
					DNS []struct {
						Names []string
						Port  int
					} `yaml:"dns_sd_configs"`
					Static []struct{ Targets []string } `yaml:"static_configs"`
				} `yaml:"scrape_configs"`
			}
		}
	}
	Service struct {
		Pipelines map[string]map[string][]string
	}
}

func TestCollector_matchesOurAddresses(t *testing.T) {
	t.Parallel()
	text := read(t, "deploy/collector.yaml")
	var c collector
	require.NoError(t, yaml.Unmarshal([]byte(text), &c))
	p := project(t)

	require.Equal(t, "http://collector:4318", *p.Services["api"].Environment["OTEL_EXPORTER_OTLP_ENDPOINT"])
	require.Equal(t, "0.0.0.0:4318", c.Receivers.OTLP.Protocols.HTTP.Endpoint)
	for _, job := range c.Receivers.Prometheus.Config.Jobs {
		for _, dns := range job.DNS {
			require.Equal(t, []string{"api", "worker"}, dns.Names)
			require.Equal(t, 9090, dns.Port)
		}
		for _, static := range job.Static {
			require.Equal(t, []string{"temporal:8000"}, static.Targets)
			require.Equal(t, "0.0.0.0:8000", *p.Services["temporal"].Environment["PROMETHEUS_ENDPOINT"])
		}
	}

	var parts map[string]map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &parts))
	require.Contains(t, c.Service.Pipelines, "traces")
	require.Contains(t, c.Service.Pipelines, "metrics")
	for pipeline, kinds := range c.Service.Pipelines {
		for kind, names := range kinds {
			for _, name := range names {
				require.Contains(t, parts[kind], name, pipeline)
			}
		}
	}
}
