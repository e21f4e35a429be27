package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/wechat"
)

// S8, A23
// It walks every route that the router has, so one that is added without credentials fails here. Health has a listener of its own. The
// callback endpoint is open, which asks for a signature, and signing in, which asks for a password or a link.
func TestRoutes_onlyCallbackAndSignInAreOpen(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	apitest.NewWeChat(t, wechat.ModeSafe).In(w)
	a := api.New(w.Config())
	credentials := map[string][]string{
		"none":             nil,
		"an empty bearer":  {"Authorization", "Bearer "},
		"an unknown token": {"Authorization", "Bearer 0123456789abcdef"},
		"another scheme":   {"Authorization", "Basic YWRtaW46YWRtaW4="},
		"the role alone":   {"Authorization", "admin"},
		"a cookie":         {"Cookie", "token=admin; Authorization=Bearer admin"},
		"another header":   {"X-Api-Key", "admin", "X-Forwarded-User", "admin", "X-Original-Url", "/wechat/" + apitest.AccountA},
		"too long a token": {"Authorization", "Bearer " + strings.Repeat("a", 600)},
	}
	open := map[string]bool{}
	for _, route := range a.Routes() {
		h := api.New(w.Config()).Handler() // which has counted no wrong tokens yet
		path := strings.NewReplacer(":account", apitest.AccountA, ":id", apitest.ConvA).Replace(route.Path)
		require.NotContains(t, path, ":", "a parameter that this walk does not know")
		for name, headers := range credentials {
			for _, query := range []string{"", "?access_token=admin&token=admin&api_key=admin"} {
				answer := apitest.Call(t, h, "", route.Method, path+query, "", headers...)
				if strings.HasPrefix(route.Path, "/wechat/") {
					open[route.Method+" "+route.Path] = true
					require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, answer.Code, "%s with %s", path, name)
					require.Empty(t, answer.Body.String())
					continue
				}
				if route.Method == http.MethodPost && strings.HasPrefix(route.Path, "/v1/session") {
					require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, answer.Code, "without a name, a password or a code nobody signs in")
					continue
				}
				apitest.RequireProblem(t, answer, http.StatusUnauthorized, "unauthenticated")
			}
		}
	}
	require.Equal(t, map[string]bool{"GET /wechat/:account": true, "POST /wechat/:account": true}, open)
	apitest.RequireNothingKept(t, w)
	require.Empty(t, w.Orders)
}

// S8, M12
// What is for operators stands on the private listener alone, and what would describe or debug this one nowhere.
func TestRoutes_privatePathsAreNotFound(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	for _, path := range []string{
		"/", "/healthz", "/readyz", "/livez", "/metrics", "/codec", "/codec/", "/codec/decode", "/codec/encode", "/debug", "/debug/pprof", "/debug/pprof/",
		"/debug/pprof/heap", "/debug/pprof/profile", "/debug/pprof/cmdline", "/debug/vars", "/docs", "/schemas", "/schemas/Account.json", "/openapi",
		"/openapi.json", "/openapi.yaml", "/openapi-3.0.json", "/swagger", "/v1", "/v1/", "/v1/openapi.json", "/_sim/", "/_sim/reset", "/.env", "/.git/config", "/favicon.ico",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
			for _, role := range []string{"", "admin"} {
				apitest.RequireProblem(t, apitest.Call(t, h, role, method, path, ""), http.StatusNotFound, "not-found")
			}
		}
	}
}
