package platform_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestTyping_isShownForFifteenSeconds(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	typing := func(command string) float64 {
		out := w.Do("POST", "/cgi-bin/message/custom/typing?access_token="+w.AccessToken(), `{"touser":"`+simulatortest.OpenID+`","command":"`+command+`"}`, 200)
		return out["errcode"].(float64)
	}
	shown := func() any { return w.Do("GET", w.Path("followers/"+simulatortest.OpenID+"/screen"), "", 200)["typing"] }
	require.EqualValues(t, 45080, typing("Typing"))
	w.Say("hello")
	require.EqualValues(t, 45072, typing("Dance"))
	require.EqualValues(t, 0, typing("Typing"))
	require.Equal(t, true, shown())
	require.EqualValues(t, 45081, typing("Typing"))
	require.Equal(t, 0, w.Send(w.AccessToken(), "a"))
	require.Equal(t, false, shown(), "a message ends it")
	require.EqualValues(t, 0, typing("Typing"))
	w.Do("POST", "/_sim/clock", `{"advance":"15s"}`, 200)
	require.Equal(t, false, shown())
	require.EqualValues(t, 0, typing("CancelTyping"))
}

func TestUserInfo_tellsWhatWeChatStillTells(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	ask := func(id string) map[string]any {
		return w.Do("GET", "/cgi-bin/user/info?lang=zh_CN&openid="+id+"&access_token="+w.AccessToken(), "", 200)
	}
	out := ask(simulatortest.OpenID)
	require.EqualValues(t, 1, out["subscribe"])
	require.NotContains(t, out, "nickname")
	require.EqualValues(t, 40003, ask("oForeign")["errcode"])
	w.Do("DELETE", w.Path("followers/"+simulatortest.OpenID), "", 200)
	require.Equal(t, map[string]any{"subscribe": 0.0, "openid": simulatortest.OpenID}, ask(simulatortest.OpenID))
	require.Contains(t, w.Do("GET", "/cgi-bin/getcallbackip?access_token="+w.AccessToken(), "", 200), "ip_list")
}
