package story_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// allMetrics returns the lines on /metrics of API and worker, by the name of the metric.
func allMetrics(s *harness.System) map[string]string {
	s.T.Helper()
	told := map[string]string{}
	for _, ops := range []string{s.OpsAddr, s.WorkerOpsAddr()} {
		status, text := s.Call(http.MethodGet, "http://"+ops+"/metrics", nil, nil)
		require.Equal(s.T, http.StatusOK, status)
		for line := range strings.Lines(string(text)) {
			if name := metricName.FindString(line); name != "" {
				told[name] += line
			}
		}
	}
	return told
}

var metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*`)

// workerMetric returns the value of a worker's metric that has no labels.
func workerMetric(s *harness.System, name string) string {
	s.T.Helper()
	resp, err := http.Get(fmt.Sprintf("http://%s/metrics", s.WorkerOpsAddr()))
	require.NoError(s.T, err)
	defer resp.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(resp.Body)
	require.NoError(s.T, err)
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 2 && strings.HasPrefix(line, name) {
			return fields[1]
		}
	}
	return ""
}
