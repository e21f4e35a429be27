package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// avoided are words for which docs/glossary.md has a better one, with what to write instead.
var avoided = []struct {
	word *regexp.Regexp
	but  string
}{
	{word("talk(s|ed|ing|ers?)?"), "conversation"},
	{word("gift(s|ed|ing)?"), "assignment"},
	{word("crew(s|ed)?"), "candidate pool"},
	{word("untold"), "outbox, or notice"},
	{word("tidings?"), "feed page, or feed event"},
	{word("lately"), "recent"},
	{word("whereabouts?"), "standing"},
	{word("letter(s|ed|ing|box|boxes)?"), "verified callback, or character"},
	{word("a?wake(s|d|n|ned|up|ups)?|a?waking|a?woken?"), "distribution trigger, or notify"},
}

func word(forms string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + forms + `)$`) }

// Names use the words of the glossary: names of files, what Go declares, and what SQL declares.
func TestWords_namesAvoidThoseOfTheGlossary(t *testing.T) {
	t.Parallel()
	eachSource(t, func(file string, source []byte) {
		names, known := namesOf[filepath.Ext(file)]
		if !known {
			return
		}
		for _, name := range append(names(source), path.Base(file)) {
			if but := instead(name); but != "" {
				t.Errorf("%s: %s: write %s", file, name, but)
			}
		}
	})
}

func TestWords_findsWholeWordsOnly(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"talk", "lockedTalk", "allTalks", "wakeAt", "channelWake", "newLetterbox", "wakes_next", "latelyRow", "lately.go", "HTTPLetters2", "gifts3d"} {
		require.NotEmpty(t, instead(name), name)
	}
	for _, name := range []string{"stalk", "awkward", "wakefield", "literal", "newsletter"} {
		require.Empty(t, instead(name), name)
	}
	source := "package p\nimport \"unicode\"\ntype talk struct{ gifts int }\nfunc (w talk) f(crew int) { wake := unicode.IsLetter('a'); _ = wake }\n"
	require.Equal(t, []string{"p", "talk", "gifts", "f", "w", "crew", "wake"}, goNames([]byte(source)))
	require.Equal(t, []string{"create", "table", "wakes", "kind", "text"}, sqlNames([]byte("create table wakes ( -- gifts\n kind text 'lately' )")))
}

// instead says what to write in place of a name; "" if the name is fine.
func instead(name string) string {
	for _, w := range wordsOf(name) {
		for _, a := range avoided {
			if a.word.MatchString(w) {
				return a.but
			}
		}
	}
	return ""
}

var (
	wordOfName = regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+`)
	upperRun   = regexp.MustCompile(`([A-Z]+)([A-Z][a-z])`)
	sqlWord    = regexp.MustCompile(`[A-Za-z_]+`)
	sqlLiteral = regexp.MustCompile(`'[^']*'`)
)

// wordsOf splits a name at capitals, digits and signs: HTTPServer_v2 is http, server, v.
func wordsOf(name string) (words []string) {
	for _, w := range wordOfName.FindAllString(upperRun.ReplaceAllString(name, "${1}_${2}"), -1) {
		words = append(words, strings.ToLower(w))
	}
	return words
}

// namesOf lists, by a file's extension, the names that it declares.
var namesOf = map[string]func([]byte) []string{".go": goNames, ".sql": sqlNames, ".md": noNames}

func noNames([]byte) []string { return nil }

func goNames(source []byte) (names []string) {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	add := func(list ...*ast.Ident) {
		for _, id := range list {
			if id != nil {
				names = append(names, id.Name)
			}
		}
	}
	add(file.Name)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			add(n.Name)
		case *ast.FuncDecl:
			add(n.Name)
		case *ast.TypeSpec:
			add(n.Name)
		case *ast.ValueSpec:
			add(n.Names...)
		case *ast.Field:
			add(n.Names...)
		case *ast.LabeledStmt:
			add(n.Label)
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				add(idents(n.Lhs...)...)
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				add(idents(n.Key, n.Value)...)
			}
		}
		return true
	})
	return names
}

func idents(list ...ast.Expr) (names []*ast.Ident) {
	for _, e := range list {
		if id, ok := e.(*ast.Ident); ok {
			names = append(names, id)
		}
	}
	return names
}

func sqlNames(source []byte) []string {
	text := sqlComment.ReplaceAllString(string(source), "")
	return sqlWord.FindAllString(sqlLiteral.ReplaceAllString(text, ""), -1)
}
