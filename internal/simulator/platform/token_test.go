package platform_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func ordinaryToken(t *testing.T, w *simulatortest.World) string {
	t.Helper()
	out := w.Do("GET", "/cgi-bin/token?grant_type=client_credential&appid="+simulatortest.AppID+"&secret="+simulatortest.AppSecret, "", 200)
	require.EqualValues(t, 7200, out["expires_in"])
	return out["access_token"].(string)
}

func stable(t *testing.T, w *simulatortest.World, force bool) map[string]any {
	t.Helper()
	return w.Do("POST", "/cgi-bin/stable_token", fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q,"force_refresh":%t}`, simulatortest.AppID, simulatortest.AppSecret, force), 200)
}

func use(t *testing.T, w *simulatortest.World, accessToken string) int {
	t.Helper()
	out := w.Do("GET", "/cgi-bin/getcallbackip?access_token="+accessToken, "", 200)
	code, _ := out["errcode"].(float64)
	return int(code)
}

func TestToken_replacesTheOldOneAfterFiveMinutes(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	first, second := ordinaryToken(t, w), ordinaryToken(t, w)
	require.NotEqual(t, first, second)
	require.Regexp(t, `^[A-Za-z0-9_-]{138}$`, first)
	w.Advance("4m59s")
	require.Equal(t, 0, use(t, w, first))
	w.Advance("1s")
	require.Equal(t, 40001, use(t, w, first), "replaced")
	require.Equal(t, 0, use(t, w, second))
	w.Advance("2h")
	require.Equal(t, 42001, use(t, w, second), "expired")
}

func TestStableToken_sameUntilTheLastFiveMinutes(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	ordinary := ordinaryToken(t, w)
	first := stable(t, w, false)
	w.Advance("1h54m59s")
	again := stable(t, w, false)
	require.Equal(t, first["access_token"], again["access_token"])
	require.EqualValues(t, 301, again["expires_in"])
	w.Advance("2s")
	renewed := stable(t, w, false)
	require.NotEqual(t, first["access_token"], renewed["access_token"])
	require.Equal(t, 0, use(t, w, first["access_token"].(string)), "both are valid")
	require.Equal(t, 0, use(t, w, ordinary), "the families leave each other alone")
}

func TestStableToken_forcedEndsTheOldOneAtOnce(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	first := stable(t, w, false)["access_token"].(string)
	require.Equal(t, first, stable(t, w, true)["access_token"], "too soon: the current one")
	w.Advance("30s")
	second := stable(t, w, true)["access_token"].(string)
	require.NotEqual(t, first, second)
	require.Equal(t, 40001, use(t, w, first))
	w.Do("PATCH", "/_sim/settings", `{"stable_force_daily":1}`, 200)
	w.Advance("30s")
	require.EqualValues(t, 45009, stable(t, w, true)["errcode"])
	require.Equal(t, second, stable(t, w, false)["access_token"])
}

func TestTokens_canBeEndedFromOutside(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	stable := w.AccessToken()
	require.EqualValues(t, 1, w.Do("DELETE", w.Path("tokens"), "", 200)["ended"])
	require.Equal(t, 40001, use(t, w, stable))
	require.NotEqual(t, stable, w.AccessToken(), "the next one is new")
}

func TestToken_isRefusedWithTheRightCode(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	get := func(query string) any { return w.Do("GET", "/cgi-bin/token?"+query, "", 200)["errcode"] }
	require.EqualValues(t, 40002, get("appid="+simulatortest.AppID+"&secret="+simulatortest.AppSecret))
	require.EqualValues(t, 41002, get("grant_type=client_credential&secret="+simulatortest.AppSecret))
	require.EqualValues(t, 41004, get("grant_type=client_credential&appid="+simulatortest.AppID))
	require.EqualValues(t, 40013, get("grant_type=client_credential&appid=wxffffffffffffffff&secret="+simulatortest.AppSecret))
	require.EqualValues(t, 40125, get("grant_type=client_credential&appid="+simulatortest.AppID+"&secret=wrong"))
	require.EqualValues(t, 43001, w.Do("POST", "/cgi-bin/token", "{}", 200)["errcode"])
	require.EqualValues(t, 43002, w.Do("GET", "/cgi-bin/stable_token", "", 200)["errcode"])
	require.EqualValues(t, 44002, w.Do("POST", "/cgi-bin/stable_token", "", 200)["errcode"])
	require.EqualValues(t, 47001, w.Do("POST", "/cgi-bin/stable_token", "x", 200)["errcode"])
}

func TestToken_hasADailyQuotaAndTheSandboxATenth(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Do("PATCH", "/_sim/settings", `{"token_daily":10}`, 200)
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"kind":"sandbox"}`, 200)
	ordinaryToken(t, w)
	query := "/cgi-bin/token?grant_type=client_credential&appid=" + simulatortest.AppID + "&secret=" + simulatortest.AppSecret
	require.EqualValues(t, 45009, w.Do("GET", query, "", 200)["errcode"])
	usage := simulatortest.Get[map[string]any](w, w.Path("usage"))
	require.Equal(t, "/cgi-bin/token", usage[0]["api"])
	require.EqualValues(t, 1, usage[0]["day_calls"])
	w.Advance("24h")
	ordinaryToken(t, w)
}

func TestIPAllowList_refusesOtherAddresses(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	good := w.AccessToken()
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"ip_allow_list":["203.0.113.0/24"]}`, 200)
	for _, path := range []string{"stable_token", "token"} {
		out := fetchToken(t, w, path)
		require.EqualValues(t, 40164, out["errcode"])
		require.Regexp(t, `^invalid ip 127\.0\.0\.1 ipv6 ::ffff:127\.0\.0\.1, not in whitelist rid: `, out["errmsg"])
	}
	require.Equal(t, 0, use(t, w, good), "only tokens are guarded")
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"ip_allow_list":["203.0.113.7","127.0.0.1"]}`, 200)
	require.Contains(t, fetchToken(t, w, "token"), "access_token")
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"ip_allow_list":[]}`, 200)
	require.Contains(t, fetchToken(t, w, "token"), "access_token", "an empty list is everybody")
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"ip_allow_list":["localhost"]}`, 400)
}

func fetchToken(t *testing.T, w *simulatortest.World, path string) map[string]any {
	t.Helper()
	if path == "token" {
		return w.Do("GET", "/cgi-bin/token?grant_type=client_credential&appid="+simulatortest.AppID+"&secret="+simulatortest.AppSecret, "", 200)
	}
	return w.Do("POST", "/cgi-bin/"+path, fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q}`, simulatortest.AppID, simulatortest.AppSecret), 200)
}
