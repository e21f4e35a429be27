package platform_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestClearQuota_opensTheDayAgainTenTimesAMonth(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Say("hello")
	w.Do("PATCH", "/_sim/settings", `{"send_daily":1}`, 200)
	good := w.AccessToken()
	clearQuota := func(appID string) any {
		return w.Do("POST", "/cgi-bin/clear_quota?access_token="+good, `{"appid":"`+appID+`"}`, 200)["errcode"]
	}
	require.Equal(t, 0, w.Send(good, "a"))
	require.Equal(t, 45009, w.Send(good, "b"))
	require.EqualValues(t, 40013, clearQuota("wxffffffffffffffff"))
	require.EqualValues(t, 0, clearQuota(simulatortest.AppID))
	require.Equal(t, 0, w.Send(good, "b"))
	for range 9 {
		require.EqualValues(t, 0, clearQuota(simulatortest.AppID))
	}
	require.EqualValues(t, 48006, clearQuota(simulatortest.AppID))
}

func TestCallbackCheck_judgesItsInput(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	check := func(action, operator string) map[string]any {
		return w.API("callback/check", `{"action":"`+action+`","check_operator":"`+operator+`"}`)
	}
	require.Contains(t, check("all", "DEFAULT"), "dns")
	require.Contains(t, check("ping", "CAP"), "ping")
	require.EqualValues(t, 40202, check("walk", "CAP")["errcode"])
	require.EqualValues(t, 40203, check("dns", "MOBILE")["errcode"])
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"callback_url":""}`, 200)
	require.EqualValues(t, 40201, check("dns", "CAP")["errcode"])
	require.Contains(t, w.API("get_api_domain_ip", ""), "ip_list")
}
