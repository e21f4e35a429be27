package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wxdesk/api"
	"wxdesk/api/apitest"
)

// A05
// Whoever reads a request's log or checks it on the way reads "text" and nothing else; so does the API, in every operation.
func TestRequestBody_memberNamesAreExact(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	a, session := api.New(w.Config()), w.People.EnterAs("agent")
	text, err := a.OpenAPI()
	require.NoError(t, err)
	var description struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						Ref string `yaml:"$ref"`
					}
				}
			} `yaml:"requestBody"`
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &description))
	asked := 0
	for path, operations := range description.Paths {
		for method, o := range operations {
			body, ok := o.RequestBody.Content["application/json"]
			if !ok {
				continue
			}
			_, name, _ := strings.Cut(body.Schema.Ref, "schemas/")
			for member := range description.Components.Schemas[name].Properties {
				for _, other := range []string{strings.ToUpper(member), strings.ToUpper(member[:1]) + member[1:]} {
					answer := withOtherName(t, a.Handler(), session, strings.ToUpper(method), strings.ReplaceAll(path, "{id}", apitest.ConvA), other)
					require.Equal(t, http.StatusUnprocessableEntity, answer.code, "%s %s takes %s", method, path, other)
					require.Contains(t, answer.body, "unexpected property", "%s %s takes %s", method, path, other)
					asked++
				}
			}
		}
	}
	require.Greater(t, asked, 100)
}

type answered struct {
	code int
	body string
}

// withOtherName sends a body with one member, as an administrator or else as an agent, by token or else by session.
func withOtherName(t *testing.T, h http.Handler, session, method, path, name string) (a answered) {
	t.Helper()
	body := fmt.Sprintf(`{%q:null}`, name)
	for _, role := range []string{"admin", "agent"} {
		answer := apitest.Call(t, h, role, method, path, body, "Idempotency-Key", "k")
		if a = (answered{answer.Code, answer.Body.String()}); a.code != http.StatusForbidden {
			return a
		}
	}
	answer := apitest.Browse(t, h, session, method, path, body, "Idempotency-Key", "k")
	return answered{answer.Code, answer.Body.String()}
}
