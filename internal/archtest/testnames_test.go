package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxTestName is how long the name of a test may be. It is read in one line of a report, together with its file and its time, in a
// row of a table, and after -run. A longer one is a sentence, which belongs into the comment. There are no exceptions.
const maxTestName = 45

// A name says the subject and what must hold, and fits into a line.
func TestNames_areShort(t *testing.T) {
	t.Parallel()
	for _, test := range readTests(t) {
		if len(test.name) > maxTestName {
			t.Errorf("%s: %s has %d characters: say the subject and what must hold in at most %d", test.file, test.name, len(test.name), maxTestName)
		}
	}
}

// An id says nothing to a reader who does not know it. It stands in the comment.
func TestNames_holdNoIDs(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for id := range readTables(t).explained {
		ids[strings.ReplaceAll(id, "-", "")] = true
	}
	for _, test := range readTests(t) {
		for part := range strings.SplitSeq(kindOfTest.ReplaceAllString(test.name, ""), "_") {
			if ids[part] {
				t.Errorf("%s: %s: write the id into the first line of the comment", test.file, test.name)
			}
		}
	}
}

// The comments of tests and the tables of the docs say the same: which test tries which id.
func TestIDs_commentsAndTablesAgree(t *testing.T) {
	t.Parallel()
	docs := readTables(t)
	carried := map[string]map[string]bool{}
	for _, test := range readTests(t) {
		for _, id := range test.ids {
			if docs.explained[id] == "" {
				t.Errorf("%s: %s: no table of the docs explains %s", test.file, test.name, id)
			}
			if carried[id] == nil {
				carried[id] = map[string]bool{}
			}
			carried[id][test.name] = true
		}
	}
	for id, page := range docs.explained {
		named, lists := docs.tests[id]
		if !lists {
			if len(carried[id]) == 0 {
				t.Errorf("docs/%s: %s stands in the comment of no test", page, id)
			}
			continue
		}
		for name := range named {
			if !carried[id][name] {
				t.Errorf("docs/%s names %s for %s: write %s into the first line of its comment", page, name, id, id)
			}
		}
		for name := range carried[id] {
			if !named[name] {
				t.Errorf("the comment of %s has %s: add `%s` to its row in docs/%s", name, id, name, page)
			}
		}
	}
}

// A subtest may begin with the id that it is about. The comment of the test says it too.
func TestIDs_ofSubtestsStandInTheComment(t *testing.T) {
	t.Parallel()
	explained := readTables(t).explained
	for _, test := range readTests(t) {
		for _, id := range test.subtests {
			if explained[id] != "" && !slices.Contains(test.ids, id) {
				t.Errorf("%s: %s: a subtest is about %s: write it into the first line of the comment", test.file, test.name, id)
			}
		}
	}
}

func TestReadTests_findsNamesIDsAndSubtests(t *testing.T) {
	t.Parallel()
	source := "package p\n" +
		"// R4, C06\n// It repeats.\nfunc TestHolds(t *testing.T) { t.Run(\"C06 late\", nil); _ = \"R4: a message\" }\n" +
		"// It has none.\nfunc FuzzB(f *testing.F) {}\n" +
		"// WS-11\nfunc BenchmarkC(b *testing.B) {}\n" +
		"func TestMain(m *testing.M) {}\nfunc (x X) TestD() {}\nfunc Testing() {}\n"
	require.Equal(t, []testFunc{
		{name: "TestHolds", file: "p_test.go", ids: []string{"R4", "C06"}, subtests: []string{"C06"}},
		{name: "FuzzB", file: "p_test.go"},
		{name: "BenchmarkC", file: "p_test.go", ids: []string{"WS-11"}},
	}, testsIn(t, "p_test.go", source))
}

// testFunc is a test, a benchmark or a fuzz target.
type testFunc struct {
	name, file string
	ids        []string // of the first line of its comment
	subtests   []string // with which texts in it begin, as the names of subtests do
}

const anID = `(?:[A-Z]{2,3}-\d+|D\d{1,2}|[RS]\d{1,2}|[CKXWAMLB]\d\d)`

var (
	kindOfTest = regexp.MustCompile(`^(?:Test|Benchmark|Fuzz)`)
	isTest     = regexp.MustCompile(`^(?:Test|Benchmark|Fuzz)(?:[^a-z]|$)`)
	idLine     = regexp.MustCompile(`^// (` + anID + `(?:, ` + anID + `)*)$`)
	beginsID   = regexp.MustCompile(`^// ` + anID + `(?:$|[^0-9A-Za-z-])`)
	ofASubtest = regexp.MustCompile(`^([A-Z]{2,3}-\d+|[CKXWAMLB]\d\d|R\d{1,2}) `) // published test vectors are called S1 and D2
)

// readTests returns every test of the repository.
func readTests(t *testing.T) []testFunc {
	t.Helper()
	var tests []testFunc
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, "_test.go") {
			tests = append(tests, testsIn(t, path, nil)...)
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(tests), 1000, "the tree was read")
	return tests
}

func testsIn(t *testing.T, path string, source any) (tests []testFunc) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	name := filepath.ToSlash(strings.TrimPrefix(path, root+"/"))
	for _, decl := range file.Decls {
		fn, is := decl.(*ast.FuncDecl)
		if !is || fn.Recv != nil || fn.Name.Name == "TestMain" || !isTest.MatchString(fn.Name.Name) {
			continue
		}
		test := testFunc{name: fn.Name.Name, file: name, subtests: subtestsOf(fn)}
		if fn.Doc != nil {
			first := fn.Doc.List[0].Text
			if line := idLine.FindStringSubmatch(first); line != nil {
				test.ids = strings.Split(line[1], ", ")
			} else if beginsID.MatchString(first) {
				t.Errorf("%s: %s: the first line of the comment has ids, separated by a comma and a space, and nothing else", name, test.name)
			}
		}
		tests = append(tests, test)
	}
	return tests
}

func subtestsOf(fn *ast.FuncDecl) (ids []string) {
	ast.Inspect(fn, func(n ast.Node) bool {
		text, is := n.(*ast.BasicLit)
		if !is || text.Kind != token.STRING {
			return true
		}
		if value, err := strconv.Unquote(text.Value); err == nil {
			if id := ofASubtest.FindStringSubmatch(value); id != nil {
				ids = append(ids, id[1])
			}
		}
		return true
	})
	return ids
}
