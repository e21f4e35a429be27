package archtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/archtest"
)

const house = "../.." // the folder of go.mod

func TestImports_followTheTable(t *testing.T) {
	t.Parallel()
	graph, err := archtest.Load(house)
	require.NoError(t, err)
	require.Contains(t, graph, "our:internal/archtest", "the tree was read")
	for _, broken := range archtest.Check(graph, archtest.Rules()) {
		t.Error(broken)
	}
}

func TestImports_everyPackageHasARow(t *testing.T) {
	t.Parallel()
	graph, err := archtest.Load(house)
	require.NoError(t, err)
	require.Empty(t, archtest.Homeless(graph, archtest.Rules(), archtest.Unbound()),
		"add these packages to rules.go and to ARCHITECTURE.md")
}

func TestRules_eachCanFail(t *testing.T) {
	t.Parallel()
	for _, rule := range archtest.Rules() {
		require.NotEmpty(t, rule.Because)
		importer, imported := archtest.Breach(rule)
		graph := archtest.Graph{importer: {"errors", imported}}
		broken := archtest.Check(graph, []archtest.Rule{rule})
		require.Len(t, broken, 1, "%v", rule)
		require.Contains(t, broken[0], strings.TrimPrefix(imported, "our:")+": "+rule.Because)

		delete(graph, importer)
		require.Empty(t, archtest.Check(graph, []archtest.Rule{rule}), "it binds its rooms only")
	}
}

func TestCheck_showsTheImportPath(t *testing.T) {
	t.Parallel()
	broken := archtest.Check(archtest.Graph{
		"our:api":                   {"github.com/gin-gonic/gin", "our:internal/conversation", "net/http"},
		"our:internal/conversation": {"our:internal/postgres", "time"},
		"our:internal/postgres":     {"database/sql", "our:internal/simulator"},
	}, archtest.Rules())

	require.True(t, contains(broken, "api → internal/conversation → internal/postgres: the API reaches the world"), "%q", broken)
	require.True(t, contains(broken, "api → internal/conversation → internal/postgres → internal/simulator: serving code"), "%q", broken)
	require.True(t, contains(broken, "api → internal/conversation → internal/postgres → database/sql: the API knows neither"), "%q", broken)
	require.True(t, contains(broken, "internal/conversation → internal/postgres: every package of the domain"), "%q", broken)
	require.False(t, contains(broken, "net/http"), "the API may listen")
}

func TestRules_separateTheAPIPackages(t *testing.T) {
	t.Parallel()
	rooms := []string{"our:api/callback", "our:api/desk", "our:api/events", "our:api/admin"}
	for _, from := range rooms {
		for _, to := range append(rooms, "our:api") {
			if from != to {
				require.NotEmpty(t, archtest.Check(archtest.Graph{from: {to}}, archtest.Rules()), "%s → %s", from, to)
			}
		}
		require.NotEmpty(t, archtest.Check(archtest.Graph{"our:api/web": {from}}, archtest.Rules()), "our:api/web → %s", from)
		require.Empty(t, archtest.Check(archtest.Graph{from: {"our:api/web"}, "our:api": {from}}, archtest.Rules()))
	}
}

func TestCheck_exceptionIsForItsImporterOnly(t *testing.T) {
	t.Parallel()
	broken := archtest.Check(archtest.Graph{
		"our:workflows":        {"log/slog", "our:internal/account", "time"},
		"our:internal/account": {"our:internal/secret"},
		"our:internal/secret":  {"log/slog"},
	}, archtest.Rules())
	require.Len(t, broken, 1)
	require.True(t, contains(broken, "workflows → log/slog: workflow code is replayed"), "%q", broken)
}

func TestHomeless_namesTheNewPackage(t *testing.T) {
	t.Parallel()
	graph := archtest.Graph{"our:.": nil, "our:internal/cli": nil, "our:internal/desk": nil, "our:workflows/deep/down": nil}
	require.Equal(t, []string{"internal/desk"}, archtest.Homeless(graph, archtest.Rules(), archtest.Unbound()))
}

func TestLoad_readsSourcesThatDoNotCompile(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for file, text := range map[string]string{
		"main.go":                     "package main\nimport \"wxdesk/internal/cli\"\n",
		"api/api.go":                  "package api\nimport (\n\tx \"wxdesk/internal/secret\"\n\t\"net/http\"\n)\nfunc broken( {\n",
		"api/more.go":                 "//go:build never\n\npackage api\nimport _ \"embed\"\n",
		"api/api_test.go":             "package api\nimport \"testing\"\n",
		"api/testdata/x.go":           "package x\nimport \"os\"\n",
		"tools/lint/go.mod":           "module wxdesk/tools/lint\n",
		"tools/lint/tool.go":          "package lint\nimport \"os\"\n",
		".hidden/h.go":                "package h\nimport \"os\"\n",
		"console/node_modules/n/n.go": "package n\nimport \"os\"\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(file)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, file), []byte(text), 0o644))
	}
	graph, err := archtest.Load(root)
	require.NoError(t, err)
	require.Equal(t, archtest.Graph{
		"our:.":   {"our:internal/cli"},
		"our:api": {"embed", "net/http", "our:internal/secret"},
	}, graph)
}

func contains(broken []string, start string) bool {
	for _, sentence := range broken {
		if strings.Contains(sentence, start) {
			return true
		}
	}
	return false
}
