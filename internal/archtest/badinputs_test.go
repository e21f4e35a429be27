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

// badInputs are the groups of the catalogue, and how many rows each has.
var badInputs = map[string]int{"C": 30, "K": 14, "X": 23, "W": 10}

var badInputRow = regexp.MustCompile(`^\| ([CKXW]\d\d) \| (.+) \| (.+) \| (.+) \|$`)

// docs/bad-inputs.md lists each bad input of the catalogue once, and each of its rows names tests that are there.
func TestBadInputs_theListIsWholeAndNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "bad-inputs.md"))
	require.NoError(t, err)
	known := allTests(t)
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		for _, name := range testName.FindAllStringSubmatch(line, -1) {
			require.True(t, known[name[1]], "a test that is not there: %s", name[1])
		}
		row := badInputRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			require.NotRegexp(t, `^\| [A-Z]\d\d \|`, line, "a row of another form")
			continue
		}
		require.False(t, seen[row[1]], "%s stands twice", row[1])
		seen[row[1]] = true
		require.Regexp(t, testName, row[4], "%s is proved by which test?", row[1])
	}
	var want []string
	for group, n := range badInputs {
		for i := range n {
			want = append(want, fmt.Sprintf("%s%02d", group, i+1))
		}
	}
	require.ElementsMatch(t, want, slices.Collect(maps.Keys(seen)))
}
