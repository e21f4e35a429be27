package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/access"
)

// allowed is who may do what: the policy as the blueprint states it.
func allowed() map[string]string {
	const (
		admins, leaders, people, agents = "admin", "admin supervisor", "admin supervisor agent", "agent"
		anybody, signedIn               = "anybody", "signed in" // no role of an API token
		agentsSignedIn                  = "signed in agent"
	)
	return map[string]string{
		"POST /v1/accounts":                      admins,
		"GET /v1/accounts":                       admins,
		"GET /v1/accounts/:id":                   admins,
		"PATCH /v1/accounts/:id":                 admins,
		"DELETE /v1/accounts/:id":                admins,
		"POST /v1/accounts/:id/validate":         admins,
		"GET /v1/accounts/:id/callback-sources":  admins,
		"GET /v1/conversations":                  people,
		"GET /v1/conversations/:id":              people,
		"GET /v1/conversations/:id/messages":     people,
		"POST /v1/conversations/:id/close":       people,
		"POST /v1/bots":                          admins,
		"GET /v1/bots":                           admins,
		"GET /v1/bots/:id":                       admins,
		"PATCH /v1/bots/:id":                     admins,
		"DELETE /v1/bots/:id":                    admins,
		"POST /v1/faq-entries":                   admins,
		"GET /v1/faq-entries":                    admins,
		"GET /v1/faq-entries/:id":                admins,
		"PATCH /v1/faq-entries/:id":              admins,
		"DELETE /v1/faq-entries/:id":             admins,
		"POST /v1/workstreams":                   admins,
		"GET /v1/workstreams":                    people,
		"GET /v1/workstreams/:id":                people,
		"PATCH /v1/workstreams/:id":              admins,
		"DELETE /v1/workstreams/:id":             admins,
		"POST /v1/queues":                        admins,
		"GET /v1/queues":                         people,
		"GET /v1/queues/:id":                     people,
		"PATCH /v1/queues/:id":                   admins,
		"DELETE /v1/queues/:id":                  admins,
		"POST /v1/operating-hours":               admins,
		"GET /v1/operating-hours":                leaders,
		"GET /v1/operating-hours/:id":            leaders,
		"PATCH /v1/operating-hours/:id":          admins,
		"DELETE /v1/operating-hours/:id":         admins,
		"POST /v1/skills":                        admins,
		"GET /v1/skills":                         people,
		"GET /v1/skills/:id":                     people,
		"PATCH /v1/skills/:id":                   admins,
		"DELETE /v1/skills/:id":                  admins,
		"POST /v1/capacity-profiles":             admins,
		"GET /v1/capacity-profiles":              leaders,
		"GET /v1/capacity-profiles/:id":          leaders,
		"PATCH /v1/capacity-profiles/:id":        admins,
		"DELETE /v1/capacity-profiles/:id":       admins,
		"POST /v1/custom-presences":              admins,
		"GET /v1/custom-presences":               people,
		"GET /v1/custom-presences/:id":           people,
		"PATCH /v1/custom-presences/:id":         admins,
		"DELETE /v1/custom-presences/:id":        admins,
		"GET /v1/settings":                       leaders,
		"PATCH /v1/settings":                     admins,
		"POST /v1/agents":                        admins,
		"GET /v1/agents":                         people,
		"GET /v1/agents/:id":                     people,
		"PATCH /v1/agents/:id":                   leaders,
		"DELETE /v1/agents/:id":                  admins,
		"GET /v1/customers/:id":                  people,
		"PATCH /v1/customers/:id":                leaders,
		"POST /v1/rulesets":                      admins,
		"GET /v1/rulesets":                       leaders,
		"GET /v1/rulesets/:id":                   leaders,
		"PATCH /v1/rulesets/:id":                 admins,
		"DELETE /v1/rulesets/:id":                admins,
		"GET /v1/queues/:id/members":             leaders,
		"PUT /v1/queues/:id/members":             leaders,
		"GET /v1/rulesets/:id/versions":          leaders,
		"PUT /v1/rulesets/:id/versions/draft":    admins,
		"POST /v1/rulesets/:id/publish":          admins,
		"POST /v1/rulesets/:id/rollback":         admins,
		"POST /v1/rulesets/try":                  leaders,
		"GET /v1/rulesets/export":                leaders,
		"POST /v1/rulesets/import":               admins,
		"PUT /v1/conversations/:id/read":         people,
		"GET /v1/conversations/:id/timeline":     people,
		"GET /v1/conversations/:id/notes":        people,
		"GET /v1/conversations/:id/trace":        people,
		"GET /v1/conversations/:id/targets":      people,
		"POST /v1/conversations/:id/accept":      agents,
		"POST /v1/conversations/:id/reject":      agents,
		"POST /v1/conversations/:id/seen":        agents,
		"POST /v1/conversations/:id/pick":        agents,
		"POST /v1/conversations/:id/reply":       agents,
		"POST /v1/conversations/:id/note":        people,
		"POST /v1/conversations/:id/transfer":    agents,
		"POST /v1/conversations/:id/wait":        agents,
		"POST /v1/conversations/:id/resume":      agents,
		"POST /v1/conversations/:id/end":         agents,
		"POST /v1/conversations/:id/assign":      leaders,
		"POST /v1/conversations/:id/force-close": leaders,
		"POST /v1/conversations/:id/set-context": people,
		"POST /v1/conversations/:id/set-skills":  people,
		"POST /v1/conversations/:id/resend":      people,
		"POST /v1/session":                       anybody,
		"POST /v1/session/link":                  anybody,
		"DELETE /v1/session":                     signedIn,
		"PUT /v1/me/password":                    signedIn,
		"GET /v1/me/sessions":                    signedIn,
		"DELETE /v1/me/sessions/:id":             signedIn,
		"PATCH /v1/me/preferences":               signedIn,
		"PUT /v1/me/shift":                       agentsSignedIn,
		"DELETE /v1/me/shift":                    agentsSignedIn,
		"POST /v1/users":                         admins,
		"GET /v1/users":                          admins,
		"GET /v1/users/:id":                      admins,
		"PATCH /v1/users/:id":                    admins,
		"DELETE /v1/users/:id":                   admins,
		"POST /v1/users/:id/link":                admins,
		"POST /v1/tokens":                        admins,
		"GET /v1/tokens":                         admins,
		"DELETE /v1/tokens/:id":                  admins,
		"GET /v1/me":                             people,
		"GET /v1/me/work":                        agents,
		"GET /v1/agents/:id/presence":            people,
		"PUT /v1/agents/:id/presence":            people,
		"GET /v1/events":                         people,
		"GET /v1/directory":                      people,
		"GET /v1/openapi.yaml":                   people,
	}
}

// DIA-3
func TestRoutes_followThePolicyTable(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	a := api.New(w.Config())
	rows := allowed()
	for _, route := range a.Routes() {
		if route.Path == "/wechat/:account" {
			continue
		}
		name := route.Method + " " + route.Path
		t.Run(name, func(t *testing.T) {
			roles, ok := rows[name]
			require.True(t, ok, "a route without a row in the policy")
			delete(rows, name)
			path := strings.Replace(route.Path, ":id", apitest.ConvA, 1)
			nobody := apitest.Call(t, a.Handler(), "", route.Method, path, "")
			if roles == "anybody" {
				require.Equal(t, http.StatusBadRequest, nobody.Code, "asks for a body")
				return
			}
			apitest.RequireProblem(t, nobody, http.StatusUnauthorized, "unauthenticated")
			for _, role := range []string{"admin", "supervisor", "agent"} {
				text := w.People.EnterAs(access.Role(role))
				for by, c := range map[string]struct {
					may    bool
					answer *httptest.ResponseRecorder
				}{
					"token":   {strings.Contains(roles, role) && roles != "signed in agent", apitest.Call(t, a.Handler(), role, route.Method, path, "")},
					"session": {strings.Contains(roles, role) || roles == "signed in", apitest.Browse(t, a.Handler(), text, route.Method, path, "")},
				} {
					if c.may {
						require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, c.answer.Code, by+" "+role)
						continue
					}
					apitest.RequireProblem(t, c.answer, http.StatusForbidden, "forbidden")
				}
			}
		})
	}
	require.Empty(t, rows, "a row in the policy without a route")
}

// M01
func TestRoutes_adminOnesRefuseOtherRoles(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	a := api.New(w.Config())
	forAdmins := 0
	for _, route := range a.Routes() {
		name := route.Method + " " + route.Path
		if allowed()[name] != "admin" {
			continue
		}
		forAdmins++
		for _, role := range []string{"supervisor", "agent"} {
			answer := apitest.Call(t, a.Handler(), role, route.Method, strings.Replace(route.Path, ":id", apitest.ConvA, 1), "")
			apitest.RequireProblem(t, answer, http.StatusForbidden, "forbidden")
		}
	}
	require.Greater(t, forAdmins, 40)
}

func TestRoutes_unknownPathsAreNotFound(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	for _, path := range []string{"/", "/docs", "/openapi.json", "/openapi.yaml", "/schemas/Account.json", "/v1", "/metrics", "/debug/pprof/", "/v1/conversations/" + apitest.ConvA + "/", "/V1/conversations"} {
		for _, role := range []string{"", "admin"} {
			answer := apitest.Call(t, h, role, http.MethodGet, path, "")
			apitest.RequireProblem(t, answer, http.StatusNotFound, "not-found")
			require.Empty(t, answer.Header().Get("Location"))
		}
	}
	for _, verb := range []string{"consult", "join", "reopen"} {
		answer := apitest.Call(t, h, "admin", http.MethodPost, "/v1/conversations/"+apitest.ConvA+"/"+verb, "{}")
		apitest.RequireProblem(t, answer, http.StatusNotFound, "not-found")
	}
	answer := apitest.Call(t, h, "admin", http.MethodPut, "/v1/conversations", "")
	apitest.RequireProblem(t, answer, http.StatusMethodNotAllowed, "method-not-allowed")
	require.Equal(t, "GET", answer.Header().Get("Allow"))
}

func TestAPI_panicIsAProblemWithoutDetails(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	w.OnAuthenticate = func([32]byte) (access.Principal, error) { panic("canary") }
	answer := apitest.Call(t, w.Handler(), "admin", http.MethodGet, "/v1/conversations", "")
	apitest.RequireProblem(t, answer, http.StatusInternalServerError, "internal")
	require.NotContains(t, answer.Body.String()+w.Logged(), "canary")
	require.Contains(t, w.Logged(), "request panicked")
}

func TestAPI_answersAreNotCached(t *testing.T) {
	t.Parallel()
	answer := apitest.Call(t, apitest.NewWorld().Handler(), "agent", http.MethodGet, "/v1/conversations", "")
	require.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
	require.Equal(t, "nosniff", answer.Header().Get("X-Content-Type-Options"))
	require.Equal(t, "application/json", answer.Header().Get("Content-Type"))
}
