package simulator_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func (w *world) ordinaryToken() string {
	w.t.Helper()
	out := w.do("GET", "/cgi-bin/token?grant_type=client_credential&appid="+appID+"&secret="+secret, "", 200)
	require.EqualValues(w.t, 7200, out["expires_in"])
	return out["access_token"].(string)
}

func (w *world) stable(force bool) map[string]any {
	w.t.Helper()
	return w.do("POST", "/cgi-bin/stable_token", fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q,"force_refresh":%t}`, appID, secret, force), 200)
}

func (w *world) use(token string) int {
	w.t.Helper()
	out := w.do("GET", "/cgi-bin/getcallbackip?access_token="+token, "", 200)
	code, _ := out["errcode"].(float64)
	return int(code)
}

func (w *world) advance(d string) { w.do("POST", "/_sim/clock", `{"advance":"`+d+`"}`, 200) }

func TestToken_replacesTheOldOneAfterFiveMinutes(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	first, second := w.ordinaryToken(), w.ordinaryToken()
	require.NotEqual(t, first, second)
	require.Regexp(t, `^[A-Za-z0-9_-]{138}$`, first)
	w.advance("4m59s")
	require.Equal(t, 0, w.use(first))
	w.advance("1s")
	require.Equal(t, 40001, w.use(first), "replaced")
	require.Equal(t, 0, w.use(second))
	w.advance("2h")
	require.Equal(t, 42001, w.use(second), "expired")
}

func TestStableToken_staysTheSameUntilTheLastFiveMinutes(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	ordinary := w.ordinaryToken()
	first := w.stable(false)
	w.advance("1h54m59s")
	again := w.stable(false)
	require.Equal(t, first["access_token"], again["access_token"])
	require.EqualValues(t, 301, again["expires_in"])
	w.advance("2s")
	renewed := w.stable(false)
	require.NotEqual(t, first["access_token"], renewed["access_token"])
	require.Equal(t, 0, w.use(first["access_token"].(string)), "both are valid")
	require.Equal(t, 0, w.use(ordinary), "the families leave each other alone")
}

func TestStableToken_forcedEndsTheOldOneAtOnce(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	first := w.stable(false)["access_token"].(string)
	require.Equal(t, first, w.stable(true)["access_token"], "too soon: the current one")
	w.advance("30s")
	second := w.stable(true)["access_token"].(string)
	require.NotEqual(t, first, second)
	require.Equal(t, 40001, w.use(first))
	w.do("PATCH", "/_sim/settings", `{"stable_force_daily":1}`, 200)
	w.advance("30s")
	require.EqualValues(t, 45009, w.stable(true)["errcode"])
	require.Equal(t, second, w.stable(false)["access_token"])
}

func TestTokens_canBeEndedFromOutside(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	stable := w.accessToken()
	require.EqualValues(t, 1, w.do("DELETE", w.path("tokens"), "", 200)["ended"])
	require.Equal(t, 40001, w.use(stable))
	require.NotEqual(t, stable, w.accessToken(), "the next one is new")
}

func TestToken_isRefusedWithTheRightCode(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	get := func(query string) any { return w.do("GET", "/cgi-bin/token?"+query, "", 200)["errcode"] }
	require.EqualValues(t, 40002, get("appid="+appID+"&secret="+secret))
	require.EqualValues(t, 41002, get("grant_type=client_credential&secret="+secret))
	require.EqualValues(t, 41004, get("grant_type=client_credential&appid="+appID))
	require.EqualValues(t, 40013, get("grant_type=client_credential&appid=wxffffffffffffffff&secret="+secret))
	require.EqualValues(t, 40125, get("grant_type=client_credential&appid="+appID+"&secret=wrong"))
	require.EqualValues(t, 43001, w.do("POST", "/cgi-bin/token", "{}", 200)["errcode"])
	require.EqualValues(t, 43002, w.do("GET", "/cgi-bin/stable_token", "", 200)["errcode"])
	require.EqualValues(t, 44002, w.do("POST", "/cgi-bin/stable_token", "", 200)["errcode"])
	require.EqualValues(t, 47001, w.do("POST", "/cgi-bin/stable_token", "x", 200)["errcode"])
}

func TestToken_hasADailyQuotaAndTheSandboxATenth(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.do("PATCH", "/_sim/settings", `{"token_daily":10}`, 200)
	w.do("PATCH", "/_sim/accounts/"+appID, `{"kind":"sandbox"}`, 200)
	w.ordinaryToken()
	query := "/cgi-bin/token?grant_type=client_credential&appid=" + appID + "&secret=" + secret
	require.EqualValues(t, 45009, w.do("GET", query, "", 200)["errcode"])
	usage := get[map[string]any](w, w.path("usage"))
	require.Equal(t, "/cgi-bin/token", usage[0]["api"])
	require.EqualValues(t, 1, usage[0]["day_calls"])
	w.advance("24h")
	w.ordinaryToken()
}
