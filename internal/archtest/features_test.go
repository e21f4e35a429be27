package archtest_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository.
const root = "../.."

// features are the groups of docs/features.md, and how many features each has.
var features = map[string]int{
	"ACC-": 16, "WS-": 20, "MSG-": 5, "ATT-": 6, "CLS-": 13, "RTQ-": 6, "QUE-": 9, "ASG-": 14, "CAP-": 10, "PRE-": 9, "SKL-": 5,
	"OPH-": 5, "OVF-": 8, "BOT-": 13, "CTX-": 6, "LIF-": 10, "DSK-": 15, "CON-": 6, "TRF-": 3, "SUP-": 7, "SUR-": 5, "TRN-": 6,
	"MSK-": 4, "PRV-": 2, "TRL-": 2, "SEN-": 2, "ANA-": 9, "DIA-": 3, "D": 12,
}

var featureRow = regexp.MustCompile(`^\| ([A-Z]+-?\d+) \| ([A-Z][^|]+[.?]) \| (done|better|partly|not yet|not for us) \| ([^|]+) \|$`)

// docs/features.md lists each feature once and says in a sentence what it asks. A row that is done or better names a test.
func TestFeatures_listedOnceAndTested(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "features.md"))
	require.NoError(t, err)
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		row := featureRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			require.NotRegexp(t, `^\| [A-Z]+-?\d+ \|`, line, "a row needs an id, a sentence that says what is asked, a state, and how")
			continue
		}
		id, state, how := row[1], row[3], row[4]
		require.False(t, seen[id], "%s is listed twice", id)
		seen[id] = true
		if state == "done" || state == "better" {
			require.Regexp(t, testName, how, "%s is called %s, but no test is named", id, state)
		}
	}
	var want []string
	for group, n := range features {
		for i := range n {
			want = append(want, fmt.Sprint(group, i+1))
		}
	}
	require.ElementsMatch(t, want, slices.Collect(maps.Keys(seen)))
}
