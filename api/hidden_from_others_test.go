package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// fittingBodies are what each route accepts, so that nothing but the caller is what is wrong.
func fittingBodies() map[string]string {
	target := `{"agent_id":"` + apitest.AgentB + `"}`
	return map[string]string{
		"reply": `{"text":"x"}`, "note": `{"text":"x"}`, "transfer": target, "assign": target,
		"set-context": `{"context":{"a":"x"}}`, "set-skills": `{"skills":[]}`, "resend": `{"message_id":"` + apitest.MessageA + `"}`, "seen": `{"assignment_id":"` + apitest.MessageA + `"}`,
		"presence": `{"presence":"busy"}`, "read": `{"seq":1}`,
	}
}

// S5, DIA-3
// It walks every route about a conversation or an agent there is: a route that is added without hiding what is not
// the caller's fails here.
func TestRoutes_hideWhatBelongsToOthers(t *testing.T) {
	t.Parallel()
	strangers := map[string]access.Principal{}
	for _, role := range []access.Role{access.RoleAdmin, access.RoleSupervisor, access.RoleAgent} {
		p := access.Principal{Tenant: "another", TokenID: "of-another-tenant", Role: role}
		if role == access.RoleAgent {
			p.AgentID = apitest.AgentA
		}
		strangers[string(role)+" of another tenant"] = p
	}
	strangers["a colleague"] = access.Principal{Tenant: conversation.DefaultTenant, TokenID: "of-bo", Role: access.RoleAgent, AgentID: apitest.AgentB}

	covered := 0
	for _, route := range api.New(apitest.NewWorld().Config()).Routes() {
		if !strings.HasPrefix(route.Path, "/v1/conversations") && route.Path != "/v1/agents/:id/presence" {
			continue
		}
		covered++
		for name, stranger := range strangers {
			t.Run(name+" "+route.Method+" "+route.Path, func(t *testing.T) {
				w := apitest.WithConversations(1)
				w.KnownMessages, w.KnownNotes = apitest.Messages(1), []conversation.Note{{ID: "1"}}
				w.OnAuthenticate = func([32]byte) (access.Principal, error) { return stranger, nil }
				id := apitest.ConvA
				if strings.HasPrefix(route.Path, "/v1/agents") {
					id = apitest.AgentA
				}
				body := ""
				if route.Method != http.MethodGet {
					body = fittingBodies()[route.Path[strings.LastIndex(route.Path, "/")+1:]]
				}
				answer := apitest.Call(t, w.Handler(), "any", route.Method, strings.Replace(route.Path, ":id", id, 1), body, "Idempotency-Key", "k")
				require.NotContains(t, answer.Body.String(), apitest.Customer)
				require.Empty(t, w.Orders, "no command leaves")
				if !strings.Contains(route.Path, ":id") {
					require.JSONEq(t, `{"items":[],"next":null}`, answer.Body.String())
					return
				}
				require.Contains(t, []int{http.StatusNotFound, http.StatusForbidden}, answer.Code, answer.Body.String())
			})
		}
	}
	require.Positive(t, covered)
}
