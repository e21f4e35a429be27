package archtest

import (
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// module is our import paths' first element. In this package our own packages go by the path below it, with ours in
// front ("our:internal/wechat"; "our:." is main), which no foreign or standard package can be mistaken for.
const (
	module = "wxdesk"
	ours   = "our:"
)

// Graph says what each of our packages imports, sorted.
type Graph map[string][]string

// Load reads the imports of all non-test files below root, the folder of go.mod, whatever their build constraints.
// Nested modules, testdata and hidden folders are not part of it.
func Load(root string) (Graph, error) {
	imports := map[string]map[string]bool{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != root && apart(file, entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		pkg, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		pkg = ours + filepath.ToSlash(pkg)
		if imports[pkg] == nil {
			imports[pkg] = map[string]bool{}
		}
		return addImports(imports[pkg], file)
	})
	graph := Graph{}
	for pkg, set := range imports {
		graph[pkg] = slices.Sorted(maps.Keys(set))
	}
	return graph, err
}

// apart tells folders that hold no packages of this module.
func apart(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	nested := !errors.Is(err, fs.ErrNotExist)
	return nested || name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

func addImports(to map[string]bool, file string) error {
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		to[shortened(imported)] = true
	}
	return nil
}

// shortened puts our own import paths into the form that this package uses.
func shortened(imported string) string {
	if imported == module {
		return ours + "."
	}
	if below, found := strings.CutPrefix(imported, module+"/"); found {
		return ours + path.Clean(below)
	}
	return imported
}
