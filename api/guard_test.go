package api_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/conversation"
)

// allowed is who may do what: the policy as the blueprint states it.
func allowed() map[string]string {
	const admins, leaders, people, agents = "admin", "admin supervisor", "admin supervisor agent", "agent"
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
		"GET /v1/customers/:id":                  leaders,
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
		"GET /v1/conversations/:id/notes":        people,
		"GET /v1/conversations/:id/trace":        people,
		"GET /v1/conversations/:id/targets":      people,
		"POST /v1/conversations/:id/accept":      agents,
		"POST /v1/conversations/:id/reject":      agents,
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
		"GET /v1/tokens":                         admins,
		"DELETE /v1/tokens/:id":                  admins,
		"GET /v1/me":                             people,
		"GET /v1/me/work":                        agents,
		"GET /v1/agents/:id/presence":            people,
		"PUT /v1/agents/:id/presence":            people,
		"GET /v1/events":                         people,
	}
}

func TestRoutes_nothingButTheCallbackIsOpenAndEveryRoleMayJustItsOwn(t *testing.T) {
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
			apitest.RequireProblem(t, apitest.Call(t, a.Handler(), "", route.Method, path, ""), http.StatusUnauthorized, "unauthenticated")
			for _, role := range []string{"admin", "supervisor", "agent"} {
				answer := apitest.Call(t, a.Handler(), role, route.Method, path, "")
				if strings.Contains(roles, role) {
					require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, answer.Code, role)
					continue
				}
				apitest.RequireProblem(t, answer, http.StatusForbidden, "forbidden")
			}
		})
	}
	require.Empty(t, rows, "a row in the policy without a route")
}

func TestBad_M01_whatIsForAdministratorsIsForNobodyElse(t *testing.T) {
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

func TestBad_A01_oneAnswerWhateverIsWrongWithTheToken(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	want := apitest.Call(t, h, "", http.MethodGet, "/v1/conversations", "")
	apitest.RequireProblem(t, want, http.StatusUnauthorized, "unauthenticated")
	require.Equal(t, "Bearer", want.Header().Get("WWW-Authenticate"))
	for _, header := range []string{"Bearer", "Bearer ", "Bearer unknown", "Basic admin", "admin", "Bearer admin ", "Bearer  admin", "Bearer " + strings.Repeat("x", 600)} {
		answer := apitest.Call(t, h, "", http.MethodGet, "/v1/conversations", "", "Authorization", header)
		require.Equal(t, want.Code, answer.Code, header)
		require.Equal(t, want.Body.String(), answer.Body.String(), header)
		require.Equal(t, want.Header(), answer.Header(), header)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/conversations", nil)
	r.Header["Authorization"] = []string{"Bearer admin", "Bearer unknown"}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	require.Equal(t, want.Body.String(), answer.Body.String())
}

func TestGuard_theSchemesCaseDoesNotMatter(t *testing.T) {
	t.Parallel()
	answer := apitest.Call(t, apitest.NewWorld().Handler(), "", http.MethodGet, "/v1/conversations", "", "Authorization", "bearer agent")
	require.Equal(t, http.StatusOK, answer.Code)
}

func TestGuard_unavailableWhereTokensCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	w.OnAuthenticate = func([32]byte) (conversation.Principal, error) {
		return conversation.Principal{}, errors.New("pq: the server is away")
	}
	answer := apitest.Call(t, w.Handler(), "admin", http.MethodGet, "/v1/conversations", "")
	apitest.RequireProblem(t, answer, http.StatusServiceUnavailable, "unavailable")
	require.Equal(t, "1", answer.Header().Get("Retry-After"))
	require.NotContains(t, answer.Body.String(), "pq:")
	require.Contains(t, w.Logged(), "pq: the server is away")
}

func TestBad_A03_idsThatAreNone(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	for _, id := range []string{"1", "..", "..%2f", "%2e%2e%2f", "%00", strings.Repeat("a", 10_000), "%5B%22a%22%5D", strings.ToUpper(apitest.ConvA), "%7B" + apitest.ConvA + "%7D", "urn:uuid:" + apitest.ConvA} {
		answer := apitest.Call(t, h, "admin", http.MethodGet, "/v1/accounts/"+id, "")
		apitest.RequireProblem(t, answer, http.StatusBadRequest, "bad-id")
		answer = apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations/"+id+"/messages", "")
		apitest.RequireProblem(t, answer, http.StatusBadRequest, "bad-id")
	}
}

func TestBad_A05_A08_bodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, mediaType string
		status          int
		kind            string
	}{
		"A05 unknown member":          {`{"name":"a","role":"admin","created_at":"x"}`, "application/json", 422, "invalid"},
		"A06 member twice":            {`{"name":"a","name":"b"}`, "application/json", 400, "bad-request"},
		"A06 twice in another case":   {`{"name":"a","NAME":"b"}`, "application/json", 400, "bad-request"},
		"A06 twice by escape":         {`{"name":"a","n\u0061me":"b"}`, "application/json", 400, "bad-request"},
		"A06 twice further in":        {`{"name":[{"x":1,"x":2}]}`, "application/json", 400, "bad-request"},
		"A06 trailing data":           {`{"name":"a"} {}`, "application/json", 400, "bad-request"},
		"A06 trailing text":           {`{"name":"a"}x`, "application/json", 400, "bad-request"},
		"A06 depth":                   {strings.Repeat("[", 10_000), "application/json", 400, "bad-request"},
		"A06 depth, well formed":      {strings.Repeat("[", 33) + strings.Repeat("]", 33), "application/json", 400, "bad-request"},
		"A06 1e400":                   {`{"name":1e400}`, "application/json", 400, "bad-request"},
		"A06 NaN":                     {`{"name":NaN}`, "application/json", 400, "bad-request"},
		"A06 cut":                     {`{"name":"a"`, "application/json", 400, "bad-request"},
		"A06 nothing but space":       {` `, "application/json", 400, "bad-request"},
		"A06 not UTF-8":               {"{\"name\":\"\xff\"}", "application/json", 400, "bad-request"},
		"A06 empty":                   {``, "application/json", 400, "bad-request"},
		"A07 text":                    {`{"name":"a"}`, "text/plain", 415, "unsupported-media-type"},
		"A07 form":                    {`{"name":"a"}`, "application/x-www-form-urlencoded", 415, "unsupported-media-type"},
		"A07 no media type":           {`{"name":"a"}`, "", 415, "unsupported-media-type"},
		"A07 other charset":           {`{"name":"a"}`, "application/json; charset=gbk", 415, "unsupported-media-type"},
		"A08 5 MB":                    {`{"name":"` + strings.Repeat("a", 5<<20) + `"}`, "application/json", 413, "too-large"},
		"A10 NUL":                     {`{"name":"a\u0000"}`, "application/json", 400, "bad-request"},
		"A10 half a surrogate":        {`{"name":"\ud83d"}`, "application/json", 400, "bad-request"},
		"A10 the other half":          {`{"name":"\ude00"}`, "application/json", 400, "bad-request"},
		"A10 half and something":      {`{"name":"\ud83dabcdef"}`, "application/json", 400, "bad-request"},
		"A10 two first halves":        {`{"name":"\ud83d\ud83d"}`, "application/json", 400, "bad-request"},
		"a whole pair is fine":        {`{"name":"\ud83d\ude00"}`, "application/json; charset=UTF-8", 422, "invalid"},
		"an escaped backslash too":    {`{"name":"\\u0000"}`, "application/json", 422, "invalid"},
		"not an object":               {`["name"]`, "application/json", 422, "invalid"},
		"null":                        {`null`, "application/json", 422, "invalid"},
		"a number in place of a text": {`{"name":5}`, "application/json", 422, "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := apitest.Call(t, apitest.NewWorld().Handler(), "admin", http.MethodPost, "/v1/accounts", c.body, "Content-Type", c.mediaType)
			apitest.RequireProblem(t, answer, c.status, c.kind)
		})
	}
}

func TestBad_A08_compressedBodiesAreNotUnpacked(t *testing.T) {
	t.Parallel()
	answer := apitest.Call(t, apitest.NewWorld().Handler(), "admin", http.MethodPost, "/v1/accounts", `{}`, "Content-Encoding", "gzip")
	apitest.RequireProblem(t, answer, http.StatusUnsupportedMediaType, "unsupported-media-type")
}

func TestProblems_neverRepeatAValue(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	for _, body := range []string{
		`{"name":["canary"]}`, `{"mode":"canary"}`, `{"verified":"canary"}`, `{"name":"canary` + strings.Repeat("x", 200) + `"}`, `{"idle_close":"canary"}`,
		`{"app_secret":"canary","token":"canary!","encoding_aes_key":"canary","app_id":"canary","original_id":"canary"}`,
	} {
		answer := apitest.Call(t, h, "admin", http.MethodPost, "/v1/accounts", body)
		apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
		require.NotContains(t, answer.Body.String(), "canary")
	}
	answer := apitest.Call(t, h, "admin", http.MethodGet, "/v1/conversations?state=canary&queue=canary&limit=canary", "")
	apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
	require.NotContains(t, answer.Body.String(), "canary")
}

func TestProblems_ofManyFaultsOnlySomeAreListed(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	for i := range 1000 {
		body.WriteString(`,"` + strings.Repeat("x", 500+i) + `":1`)
	}
	answer := apitest.Call(t, apitest.NewWorld().Handler(), "admin", http.MethodPost, "/v1/accounts", "{"+body.String()[1:]+"}")
	apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
	require.Less(t, answer.Body.Len(), 8<<10)
}

func TestRoutes_whatIsNotBuiltIsNotFound(t *testing.T) {
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

func TestAPI_aPanicIsAProblemThatTellsNothing(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	w.OnAuthenticate = func([32]byte) (conversation.Principal, error) { panic("canary") }
	answer := apitest.Call(t, w.Handler(), "admin", http.MethodGet, "/v1/conversations", "")
	apitest.RequireProblem(t, answer, http.StatusInternalServerError, "internal")
	require.NotContains(t, answer.Body.String()+w.Logged(), "canary")
	require.Contains(t, w.Logged(), "request panicked")
}

func TestAPI_answersAreForNobodysCache(t *testing.T) {
	t.Parallel()
	answer := apitest.Call(t, apitest.NewWorld().Handler(), "agent", http.MethodGet, "/v1/conversations", "")
	require.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
	require.Equal(t, "nosniff", answer.Header().Get("X-Content-Type-Options"))
	require.Equal(t, "application/json", answer.Header().Get("Content-Type"))
}
