package web_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/web"
)

// A type that is missing from the list is missing from the API's description too.
func TestProblemKinds_listEveryConstant(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "problem_kind.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	constants := 0
	for _, decl := range file.Decls {
		if block, ok := decl.(*ast.GenDecl); ok && block.Tok == token.CONST {
			constants += len(block.Specs)
		}
	}
	require.Len(t, web.ProblemKinds(), constants)

	seen := map[web.ProblemKind]bool{}
	for _, k := range web.ProblemKinds() {
		require.False(t, seen[k], "%s stands twice", k)
		seen[k] = true
		p := k.Problem()
		require.True(t, strings.HasSuffix(p.Type, ":"+string(k)))
		require.True(t, k == web.Internal || p.Status != http.StatusInternalServerError, "%s has no facts", k)
	}
}
