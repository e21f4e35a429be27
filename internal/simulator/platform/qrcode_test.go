package platform_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestQRCode_scannedByFollowersAndOthers(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	out := w.API("qrcode/create", `{"expire_seconds":600,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"shop-7"}}}`)
	require.EqualValues(t, 600, out["expire_seconds"])
	ticket := out["ticket"].(string)
	require.Equal(t, "shop-7", simulatortest.Get[map[string]any](w, w.Path("qrcodes"))[0]["scene"])
	scan := `{"kind":"scan","ticket":"` + ticket + `"}`
	w.Act(scan)
	require.Contains(t, w.Server.Received()[0].Inner, "<EventKey><![CDATA[shop-7]]></EventKey>\n<Ticket><![CDATA["+ticket+"]]>")

	w.Do("DELETE", w.Path("followers/"+simulatortest.OpenID), "", 200)
	simulatortest.Eventually(t, func() bool { return len(w.Server.Received()) == 2 }, "leaving is told")
	w.Act(scan)
	require.Contains(t, w.Server.Received()[2].Inner, "<Event><![CDATA[subscribe]]></Event>\n<EventKey><![CDATA[qrscene_shop-7]]></EventKey>\n<Ticket><![CDATA["+ticket+"]]>")
	require.Equal(t, true, w.Do("GET", w.Path("followers/"+simulatortest.OpenID), "", 200)["subscribed"])

	w.Do("POST", "/_sim/clock", `{"advance":"10m"}`, 200)
	w.Do("POST", w.Path("followers/"+simulatortest.OpenID+"/say"), scan, 409)
	w.Do("POST", w.Path("followers/"+simulatortest.OpenID+"/say"), `{"kind":"scan","ticket":"none"}`, 404)
	require.Empty(t, simulatortest.Get[map[string]any](w, w.Path("qrcodes")))
}

func TestQRCode_isRefusedWhereWeChatRefusesIt(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	create := func(action, scene string) any {
		return w.API("qrcode/create", `{"action_name":"`+action+`","action_info":{"scene":`+scene+`}}`)["errcode"]
	}
	require.Nil(t, create("QR_SCENE", `{"scene_id":100001}`))
	require.Nil(t, create("QR_LIMIT_SCENE", `{"scene_id":100000}`))
	require.EqualValues(t, 40053, create("QR_LIMIT_SCENE", `{"scene_id":100001}`))
	require.EqualValues(t, 40053, create("QR_SCENE", `{"scene_id":0}`))
	require.EqualValues(t, 40053, create("QR_LIMIT_STR_SCENE", `{"scene_str":"`+strings.Repeat("x", 65)+`"}`))
	require.EqualValues(t, 40052, create("QR", `{"scene_id":1}`))
	require.EqualValues(t, 40035, w.API("qrcode/create", `{"expire_seconds":2592001,"action_name":"QR_SCENE"}`)["errcode"])
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"kind":"subscription"}`, 200)
	require.EqualValues(t, 48001, create("QR_SCENE", `{"scene_id":1}`))
}
