package archtest_test

import (
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	gendered   = regexp.MustCompile(`(?i)\b(he|him|his|himself|she|her|hers|herself)\b`)
	sqlComment = regexp.MustCompile(`--.*`)
)

// A person is "they": in comments of Go and SQL, and in every page of documentation.
func TestPronouns_aPersonIsThey(t *testing.T) {
	t.Parallel()
	eachSource(t, func(name string, source []byte) {
		prose, known := proseOf[filepath.Ext(name)]
		if !known {
			return
		}
		for _, found := range genderedWords(prose(source)) {
			t.Errorf("%s:%s: write they, them or their", name, found)
		}
	})
}

// eachSource reads the Go, SQL and Markdown files of the tree, but for hidden folders, what was built, and what npm has installed.
func eachSource(t *testing.T, look func(name string, source []byte)) {
	t.Helper()
	read := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := path != root && strings.HasPrefix(d.Name(), ".")
		if d.IsDir() && (hidden || d.Name() == "node_modules" || d.Name() == "bin") {
			return fs.SkipDir
		}
		if d.IsDir() || !slices.Contains([]string{".go", ".md", ".sql"}, filepath.Ext(path)) {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		look(filepath.ToSlash(strings.TrimPrefix(path, root+"/")), source)
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, read, 300, "the tree was read")
}

func TestPronouns_foundInCommentsOnly(t *testing.T) {
	t.Parallel()
	source := "package p\n\n// f asks him.\nfunc f() string { return \"She wrote this.\" } // Her own,\n/* and\n his */\n"
	require.Equal(t, []string{"3: him", "4: Her", "6: his"}, genderedWords(goComments([]byte(source))))
	require.Equal(t, []string{"1: his"}, genderedWords(sqlComments([]byte("select 'her' -- his\n"))))
	require.Empty(t, genderedWords(wholePage([]byte("The sheriff, the heroine and history: others."))))
}

// line is a line of prose and where it stands.
type line struct {
	number int
	text   string
}

// proseOf says, by a file's extension, which of its lines are written for people.
var proseOf = map[string]func([]byte) []line{".go": goComments, ".md": wholePage, ".sql": sqlComments}

func goComments(source []byte) (lines []line) {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, scanner.ScanComments)
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return lines
		}
		if tok == token.COMMENT {
			lines = append(lines, numbered(text, file.Line(pos))...)
		}
	}
}

func wholePage(source []byte) []line { return numbered(string(source), 1) }

func sqlComments(source []byte) []line {
	lines := numbered(string(source), 1)
	for i := range lines {
		lines[i].text = sqlComment.FindString(lines[i].text)
	}
	return lines
}

func numbered(text string, first int) (lines []line) {
	for part := range strings.Lines(text) {
		lines = append(lines, line{first + len(lines), part})
	}
	return lines
}

func genderedWords(lines []line) (found []string) {
	for _, l := range lines {
		for _, word := range gendered.FindAllString(l.text, -1) {
			found = append(found, fmt.Sprintf("%d: %s", l.number, word))
		}
	}
	return found
}
