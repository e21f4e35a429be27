package control_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestAccounts_areCompletedAndKept(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	a := w.Do("POST", "/_sim/accounts", `{"name":"Tea"}`, 201)
	require.Regexp(t, `^wx[0-9a-f]{16}$`, a["app_id"])
	require.Regexp(t, `^[0-9a-f]{32}$`, a["app_secret"])
	require.Regexp(t, `^gh_[0-9a-f]{12}$`, a["original_id"])
	require.Regexp(t, `^[A-Za-z0-9]{24}$`, a["token"])
	require.Regexp(t, `^[A-Za-z0-9]{43}$`, a["encoding_aes_key"])
	require.Equal(t, "safe service", fmt.Sprint(a["mode"], " ", a["kind"]))

	again := w.Do("POST", "/_sim/accounts", fmt.Sprintf(`{"app_id":%q,"kind":"subscription"}`, a["app_id"]), 201)
	require.Equal(t, a["app_secret"], again["app_secret"], "what is not given stays")
	require.Equal(t, "subscription", again["kind"])
	require.Len(t, simulatortest.Get[any](w, "/_sim/accounts"), 2)

	sandbox := w.Do("POST", "/_sim/accounts", `{"kind":"sandbox"}`, 201)
	require.Equal(t, "plain", sandbox["mode"], "its console has no key")
}

func TestAccounts_keepTheKeyBefore(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	out := w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"encoding_aes_key":"`+simulatortest.OlderKey+`"}`, 200)
	require.Equal(t, simulatortest.AESKey, out["previous_encoding_aes_key"])
	out = w.Do("POST", "/_sim/accounts", `{"app_id":"`+simulatortest.AppID+`","encoding_aes_key":"`+simulatortest.OlderKey+`"}`, 201)
	require.Equal(t, simulatortest.AESKey, out["previous_encoding_aes_key"], "the same key is no rotation")
	out = w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"callback_url":""}`, 200)
	require.Empty(t, out["callback_url"])
	w.Do("POST", w.Path("followers/"+simulatortest.OpenID+"/say"), `{"text":"a"}`, 409)
	w.Do("POST", w.Path("followers"), `{"openid":"oQuietly"}`, 201)
}

func TestControl_refusesBadInputClearly(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	for _, row := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "/_sim/accounts", `{`, 400, "JSON"},
		{"POST", "/_sim/accounts", `[]`, 400, "JSON"},
		{"POST", "/_sim/accounts", `{} {}`, 400, "JSON"},
		{"POST", "/_sim/accounts", "{\"name\":\"\xff\"}", 400, "UTF-8"},
		{"POST", "/_sim/accounts", `{"appid":"wx"}`, 400, `unknown field "appid"`},
		{"POST", "/_sim/accounts", `{"app_id":"wx1"}`, 400, "app_id"},
		{"POST", "/_sim/accounts", `{"app_secret":"x"}`, 400, "app_secret"},
		{"POST", "/_sim/accounts", `{"original_id":"x"}`, 400, "original_id"},
		{"POST", "/_sim/accounts", `{"token":"a b"}`, 400, "token"},
		{"POST", "/_sim/accounts", `{"encoding_aes_key":"short"}`, 400, "encoding_aes_key"},
		{"POST", "/_sim/accounts", `{"previous_encoding_aes_key":"short"}`, 400, "previous_encoding_aes_key"},
		{"POST", "/_sim/accounts", `{"mode":"secret"}`, 400, "mode"},
		{"POST", "/_sim/accounts", `{"kind":"big"}`, 400, "kind"},
		{"POST", "/_sim/accounts", `{"callback_url":"ftp://a/"}`, 400, "callback_url"},
		{"PATCH", "/_sim/accounts/wxffffffffffffffff", `{}`, 404, "no account"},
		{"PATCH", "/_sim/accounts/" + simulatortest.AppID, `{"app_id":"wxffffffffffffffff"}`, 400, "does not change"},
		{"POST", "/_sim/accounts/wxffffffffffffffff/verify", ``, 404, "no account"},
		{"GET", "/_sim/accounts/wxffffffffffffffff/callbacks", ``, 404, "no account"},
		{"GET", w.Path("callbacks?after=x"), ``, 400, "after"},
		{"POST", w.Path("followers"), `{"openid":"a b"}`, 400, "openid"},
		{"GET", w.Path("followers/oNobody/screen"), ``, 404, "no follower"},
		{"GET", w.Path("followers/" + simulatortest.OpenID + "/screen?wait=-1"), ``, 400, "wait"},
		{"GET", w.Path("followers/" + simulatortest.OpenID + "/screen?changed=x"), ``, 400, "changed"},
		{"DELETE", w.Path("followers/oNobody"), ``, 404, "no follower"},
		{"PATCH", w.Path("followers/oNobody"), `{}`, 404, "no follower"},
		{"PATCH", w.Path("followers/" + simulatortest.OpenID), `{"blocked":"yes"}`, 400, "blocked"},
		{"POST", w.Path("followers/oNobody/say"), `{"text":"a"}`, 404, "no follower"},
		{"POST", w.Path("followers/" + simulatortest.OpenID + "/say"), `{}`, 400, "needs text"},
		{"POST", w.Path("followers/" + simulatortest.OpenID + "/say"), `{"kind":"fax"}`, 400, "fax"},
		{"POST", w.Path("followers/" + simulatortest.OpenID + "/say"), `{"text":"\u0000"}`, 400, "raw"},
		{"POST", w.Path("followers/" + simulatortest.OpenID + "/say"), `{"kind":"location"}`, 400, "latitude"},
		{"POST", w.Path("followers/" + simulatortest.OpenID + "/say"), `{"kind":"location","latitude":"north"}`, 400, "latitude"},
		{"POST", w.Path("followers/" + simulatortest.OpenID + "/say"), `{"kind":"link"}`, 400, "url"},
		{"POST", w.Path("followers/" + simulatortest.OpenID + "/say"), `{"kind":"click"}`, 400, "key"},
		{"POST", w.Path("followers/" + simulatortest.OpenID + "/say"), `{"kind":"view"}`, 400, "url"},
		{"POST", w.Path("followers/" + simulatortest.OpenID + "/say"), `{"kind":"scan"}`, 400, "scene"},
		{"POST", w.Path("followers/" + simulatortest.OpenID + "/say"), `{"kind":"raw"}`, 400, "xml"},
		{"POST", "/_sim/faults", `{"kind":"earthquake"}`, 400, "earthquake"},
		{"POST", "/_sim/faults", `{"kind":"errcode"}`, 400, "errcode"},
		{"POST", "/_sim/faults", `{"kind":"slow"}`, 400, "delay"},
		{"POST", "/_sim/faults", `{"kind":"slow","delay":5}`, 400, "duration"},
		{"POST", "/_sim/faults", `{"kind":"http_status","status":42}`, 400, "status"},
		{"POST", "/_sim/faults", `{"kind":"duplicate","count":-1}`, 400, "count"},
		{"POST", "/_sim/faults", `{"kind":"duplicate","path":"/cgi-bin/token"}`, 400, "path"},
		{"POST", "/_sim/faults", `{"kind":"duplicate","id":7}`, 400, "id"},
		{"POST", "/_sim/clock", `{}`, 400, "advance"},
		{"POST", "/_sim/clock", `{"advance":"-1h"}`, 400, "advance"},
		{"POST", "/_sim/clock", `{"advance":"soon"}`, 400, "duration"},
		{"PATCH", "/_sim/settings", `{"attempts":0}`, 400, "attempts"},
		{"PATCH", "/_sim/settings", `{"timeout":"0s"}`, 400, "timeout"},
		{"PATCH", "/_sim/settings", `{"window_messages":-1}`, 400, "window_messages"},
		{"PATCH", "/_sim/settings", `{"token_overlap":"-1s"}`, 400, "token_overlap"},
		{"PATCH", "/_sim/settings", `{"patience":1}`, 400, "patience"},
		{"GET", "/_sim/nothing", ``, 404, "no such call"},
		{"PUT", "/_sim/accounts", `{}`, 404, "no such call"},
		{"POST", "/_sim/accounts", strings.Repeat(" ", 2<<20), 400, "longer"},
	} {
		out := w.Do(row.method, row.path, row.body, row.status)
		require.Contains(t, out["error"], row.says, "%s %s %s", row.method, row.path, row.body[:min(len(row.body), 80)])
	}
}

func TestControl_refusesOtherSites(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	r, err := http.NewRequestWithContext(t.Context(), "POST", w.URL+"/_sim/reset", nil)
	require.NoError(t, err)
	r.Header.Set("Origin", "https://elsewhere.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 403, answer.StatusCode)
	require.Len(t, simulatortest.Get[any](w, "/_sim/accounts"), 1)
}
