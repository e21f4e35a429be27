package api_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wxdesk/api"
	"wxdesk/api/apitest"
)

var update = flag.Bool("update", false, "rewrite openapi.yaml")

func TestOpenAPI_committedFileIsUpToDate(t *testing.T) {
	t.Parallel()
	got, err := api.New(apitest.NewWorld().Config()).OpenAPI()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("openapi.yaml", got, 0o644)) //nolint:gosec // a source file
	}
	want, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run: go test ./api -run OpenAPI -update")
}

func TestOpenAPI_describesNoEchoAndNoSchemaMember(t *testing.T) {
	t.Parallel()
	doc, err := api.New(apitest.NewWorld().Config()).OpenAPI()
	require.NoError(t, err)
	require.Contains(t, string(doc), "openapi: 3.1.0")
	require.NotContains(t, string(doc), "$schema")
	require.NotContains(t, string(doc), "ErrorModel")
	require.NotContains(t, string(doc), "ErrorDetail")
}

// Who is no agent is answered agent: null.
func TestOpenAPI_agentOfMeMayBeNull(t *testing.T) {
	t.Parallel()
	text, err := api.New(apitest.NewWorld().Config()).OpenAPI()
	require.NoError(t, err)
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Type       any
				Properties map[string]any
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &doc))
	require.Equal(t, map[string]any{
		"anyOf":       []any{map[string]any{"$ref": "#/components/schemas/Presence"}, map[string]any{"type": "null"}},
		"description": "Whose work you do, whatever your role; null: nobody's",
	}, doc.Components.Schemas["Me"].Properties["agent"])
	require.Equal(t, "object", doc.Components.Schemas["Presence"].Type, "the answer of GET /v1/agents/{id}/presence is never null")
}
