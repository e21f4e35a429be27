package archtest_test

import (
	"fmt"
	"io/fs"
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

// docs/bad-inputs.md lists each bad input of the catalogue once, and each of its rows names tests.
func TestBadInputs_listedOnceAndTested(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "bad-inputs.md"))
	require.NoError(t, err)
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		row := badInputRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			require.NotRegexp(t, `^\| [CKXW]\d\d \|`, line, "a row of another form")
			continue
		}
		require.False(t, seen[row[1]], "%s is listed twice", row[1])
		seen[row[1]] = true
		require.Regexp(t, testName, row[4], "%s names no test", row[1])
	}
	var want []string
	for group, n := range badInputs {
		for i := range n {
			want = append(want, fmt.Sprintf("%s%02d", group, i+1))
		}
	}
	require.ElementsMatch(t, want, slices.Collect(maps.Keys(seen)))
}

// Every id of another group that code or tests use (A05, B07 …) is explained in docs/bad-inputs.md, and no other.
func TestBadInputs_everyIDIsExplained(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "bad-inputs.md"))
	require.NoError(t, err)
	listed := idsIn(regexp.MustCompile(`(?m)^\| ([ABLM]\d\d) \| `), string(text))
	used := map[string]bool{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.Contains(filepath.ToSlash(path), "/internal/simulator/") {
			return err // the simulator's page draws with letters and numbers of another meaning
		}
		source, err := os.ReadFile(path)
		maps.Copy(used, idsIn(usedID, string(source)))
		return err
	})
	require.NoError(t, err)
	require.Equal(t, slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(listed)))
}

var usedID = regexp.MustCompile(`\b([ABLM]\d\d)\b`)

func idsIn(id *regexp.Regexp, text string) map[string]bool {
	found := map[string]bool{}
	for _, at := range id.FindAllStringSubmatch(text, -1) {
		found[at[1]] = true
	}
	return found
}
