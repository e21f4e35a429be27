package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
)

// M12
// The console takes what a person's browser asks for and nothing else serves; programs and WeChat see no difference.
func TestConsole_servedToBrowsersOnly(t *testing.T) {
	t.Parallel()
	cfg := apitest.NewWorld().Config()
	cfg.Console = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "console") })
	with := api.New(cfg).Handler()
	without := apitest.NewWorld().Handler()
	const html, json = "text/html,*/*;q=0.8", "application/json"
	for _, c := range []struct {
		method, path, accept string
		want                 bool
	}{
		{http.MethodGet, "/", html, true},
		{http.MethodGet, "/desk/c/" + apitest.AccountA, html, true},
		{http.MethodHead, "/desk", html, true},
		{http.MethodGet, "/v10", html, true},
		{http.MethodGet, "/metrics", html, true},
		{http.MethodGet, "/metrics", "*/*", false},
		{http.MethodGet, "/debug/pprof/heap", "", false},
		{http.MethodGet, "/assets/0123456789ab/index.js", "*/*", true},
		{http.MethodGet, "/desk", json, false},
		{http.MethodPost, "/desk", html, false},
		{http.MethodGet, "/v1", html, false},
		{http.MethodGet, "/v1/no/such/thing", html, false},
		{http.MethodGet, "/wechat/no-such-account/x", html, false},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Header.Set("Accept", c.accept)
		answer, plain := httptest.NewRecorder(), httptest.NewRecorder()
		with.ServeHTTP(answer, r)
		without.ServeHTTP(plain, r.Clone(t.Context()))
		if c.want {
			require.Equal(t, http.StatusOK, answer.Code, c.path)
			require.Equal(t, "console", answer.Body.String())
			require.Equal(t, http.StatusNotFound, plain.Code, "without a console there is nothing")
			continue
		}
		require.Equal(t, plain.Code, answer.Code, "%s %s", c.method, c.path)
		require.Equal(t, plain.Body.String(), answer.Body.String())
	}
}
