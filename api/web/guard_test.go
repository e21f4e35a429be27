package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// A01
func TestGuard_sameAnswerForEveryBadToken(t *testing.T) {
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

func TestGuard_bearerInAnyCase(t *testing.T) {
	t.Parallel()
	answer := apitest.Call(t, apitest.NewWorld().Handler(), "", http.MethodGet, "/v1/conversations", "", "Authorization", "bearer agent")
	require.Equal(t, http.StatusOK, answer.Code)
}

func TestGuard_unavailableWithoutTokenLookup(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	w.OnAuthenticate = func([32]byte) (access.Principal, error) {
		return access.Principal{}, errors.New("pq: the server is away")
	}
	answer := apitest.Call(t, w.Handler(), "admin", http.MethodGet, "/v1/conversations", "")
	apitest.RequireProblem(t, answer, http.StatusServiceUnavailable, "unavailable")
	require.Equal(t, "1", answer.Header().Get("Retry-After"))
	require.NotContains(t, answer.Body.String(), "pq:")
	require.Contains(t, w.Logged(), "pq: the server is away")
}

// A03
func TestGuard_refusesMalformedIDs(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	for _, id := range []string{"1", "..", "..%2f", "%2e%2e%2f", "%00", strings.Repeat("a", 10_000), "%5B%22a%22%5D", strings.ToUpper(apitest.ConvA), "%7B" + apitest.ConvA + "%7D", "urn:uuid:" + apitest.ConvA} {
		answer := apitest.Call(t, h, "admin", http.MethodGet, "/v1/accounts/"+id, "")
		apitest.RequireProblem(t, answer, http.StatusBadRequest, "bad-id")
		answer = apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations/"+id+"/messages", "")
		apitest.RequireProblem(t, answer, http.StatusBadRequest, "bad-id")
	}
}

// A05, A06, A07, A08, A10
func TestRequestBody_refusesMalformedJSON(t *testing.T) {
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

// A08
func TestRequestBody_refusesCompression(t *testing.T) {
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

func TestProblems_listAFewOfManyFaults(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	for i := range 1000 {
		body.WriteString(`,"` + strings.Repeat("x", 500+i) + `":1`)
	}
	answer := apitest.Call(t, apitest.NewWorld().Handler(), "admin", http.MethodPost, "/v1/accounts", "{"+body.String()[1:]+"}")
	apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
	require.Less(t, answer.Body.Len(), 8<<10)
}

func TestGuard_refusesAgentTokenWithoutAgent(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	w.OnAuthenticate = func([32]byte) (access.Principal, error) {
		return access.Principal{Tenant: conversation.DefaultTenant, TokenID: "t", Role: access.RoleAgent}, nil
	}
	apitest.RequireProblem(t, apitest.Call(t, w.Handler(), "agent", http.MethodGet, "/v1/conversations", ""), http.StatusForbidden, "forbidden")
}
