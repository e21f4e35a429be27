package api_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wxdesk/api/apitest"
	"wxdesk/api/web"
)

func TestDescription_forWhoHasSignedIn(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	want, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	answer := apitest.Call(t, h, "agent", http.MethodGet, "/v1/openapi.yaml", "")
	require.Equal(t, http.StatusOK, answer.Code)
	require.Equal(t, "application/yaml", answer.Header().Get("Content-Type"))
	require.Equal(t, string(want), answer.Body.String())
	apitest.RequireProblem(t, apitest.Call(t, h, "", http.MethodGet, "/v1/openapi.yaml", ""), http.StatusUnauthorized, "unauthenticated")
}

func TestDescription_namesEveryProblemType(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &doc))
	var want []string
	for _, k := range web.ProblemKinds() {
		want = append(want, k.Problem().Type)
	}
	require.Equal(t, want, doc.Components.Schemas["Problem"].Properties["type"].Enum)
}
