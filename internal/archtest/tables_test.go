package archtest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tables are what the docs say of ids.
type tables struct {
	explained map[string]string          // id to the page that explains it
	tests     map[string]map[string]bool // id to the tests that its row names, where the table names tests
}

// pages are the docs that explain ids. A row begins with its id; in the cell of a number, counted from the id's, it names tests.
var pages = map[string]struct {
	row       *regexp.Regexp
	testsCell int
}{
	"features.md":    {regexp.MustCompile(`^\| ((?:[A-Z]{2,3}-|D)\d+) \|`), 3},
	"bad-inputs.md":  {regexp.MustCompile(`^\| ([A-Z]\d\d) \|`), 3},
	"reliability.md": {regexp.MustCompile(`^\| (R\d+) \|`), 2},
	"security.md":    {regexp.MustCompile(`^\| (S\d+) \|`), 2},
}

var (
	testName = regexp.MustCompile("`((?:Test|Benchmark|Fuzz)[A-Za-z0-9_]+)(?:/[^`]*)?`")
	mention  = regexp.MustCompile(`\b((?:Test|Benchmark|Fuzz)[A-Z]\w*)(…|\*)?`)
)

func readTables(t *testing.T) tables {
	t.Helper()
	all := tables{map[string]string{}, map[string]map[string]bool{}}
	for page, form := range pages {
		text, err := os.ReadFile(filepath.Join(root, "docs", page))
		require.NoError(t, err)
		body := string(text)
		if page == "reliability.md" { // what follows says what the last runs came to, by the same ids
			body, _, _ = strings.Cut(body, "\n## The last runs")
		}
		for line := range strings.Lines(body) {
			row := form.row.FindStringSubmatch(line)
			if row == nil {
				continue
			}
			require.NotContains(t, all.explained, row[1], "%s stands in docs/%s and in docs/%s", row[1], page, all.explained[row[1]])
			all.explained[row[1]] = page
			if cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|"); len(cells) > form.testsCell {
				all.tests[row[1]] = map[string]bool{}
				for _, name := range testName.FindAllStringSubmatch(cells[form.testsCell], -1) {
					all.tests[row[1]][name[1]] = true
				}
			}
		}
	}
	return all
}

// A page that names a test names one that exists. `TestReplay_…` stands for all that begin so.
func TestPages_nameTestsThatExist(t *testing.T) {
	t.Parallel()
	tests := readTests(t)
	exists := func(name string, begins bool) bool {
		for _, test := range tests {
			if test.name == name || begins && strings.HasPrefix(test.name, name) {
				return true
			}
		}
		return false
	}
	found := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		isMakefile := d.Name() == "Makefile" // its patterns match all that begin so
		if d.IsDir() || filepath.Ext(path) != ".md" && !isMakefile {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, named := range mention.FindAllStringSubmatch(string(text), -1) {
			found++
			begins := isMakefile || named[2] != "" || strings.HasSuffix(named[1], "_") || !strings.Contains(named[1], "_")
			if !exists(named[1], begins) {
				t.Errorf("%s names a test that does not exist: %s", strings.TrimPrefix(path, root+"/"), named[0])
			}
		}
		return err
	})
	require.NoError(t, err)
	require.Greater(t, found, 500, "the pages were read")
}
