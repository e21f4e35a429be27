package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func (w *world) api(path, body string) map[string]any {
	w.t.Helper()
	method := map[bool]string{true: "GET", false: "POST"}[body == ""]
	return w.do(method, "/cgi-bin/"+path+"?access_token="+w.accessToken(), body, 200)
}

func TestMenu_isShownUntilItIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.EqualValues(t, 46003, w.api("menu/get", "")["errcode"])
	menu := `{"button":[{"type":"click","name":"Help","key":"HELP"},{"name":"More","sub_button":[{"type":"view","name":"Shop","url":"https://shop.example/"}]}]}`
	require.EqualValues(t, 0, w.api("menu/create", menu)["errcode"])
	shown := w.do("GET", w.path("menu"), "", 200)
	require.Equal(t, map[string]any{"menu": shown}, w.api("menu/get", ""))
	require.Len(t, shown["button"], 2)
	require.EqualValues(t, 0, w.api("menu/delete", "")["errcode"])
	require.Equal(t, map[string]any{"button": []any{}}, w.do("GET", w.path("menu"), "", 200))

	w.do("PATCH", "/_sim/accounts/"+appID, `{"kind":"unverified_subscription"}`, 200)
	require.EqualValues(t, 48001, w.api("menu/create", menu)["errcode"])
}

func TestMenu_isRefusedWhereWeChatRefusesIt(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	main := func(entry string) string { return `{"button":[` + entry + `]}` }
	sub := func(entry string) string { return main(`{"name":"n","sub_button":[` + entry + `]}`) }
	entry := func(kind, name, key, url string) string {
		return fmt.Sprintf(`{"type":%q,"name":%q,"key":%q,"url":%q}`, kind, name, key, url)
	}
	long := func(n int) string { return strings.Repeat("x", n) }
	good := entry("click", "n", "k", "")
	for name, row := range map[string]struct {
		body string
		code int
	}{
		"every kind": {main(`{"name":"a","sub_button":[` + strings.Join([]string{
			entry("scancode_push", "n", "k", ""), entry("scancode_waitmsg", "n", "k", ""), entry("pic_sysphoto", "n", "k", ""),
			entry("pic_photo_or_album", "n", "k", ""), entry("pic_weixin", "n", "k", ""),
		}, ",") + `]},{"name":"b","sub_button":[` + strings.Join([]string{
			entry("location_select", "n", "k", ""), entry("view", "n", "", "https://u.example/"), `{"type":"media_id","name":"n","media_id":"m"}`,
			`{"type":"article_id","name":"n","article_id":"a"}`, `{"type":"miniprogram","name":"n","appid":"wx1","pagepath":"p","url":"https://u.example/"}`,
		}, ",") + `]}`), 0},
		"no button":          {`{}`, 40016},
		"four buttons":       {main(good + "," + good + "," + good + "," + good), 40016},
		"unknown type":       {main(entry("call", "n", "k", "")), 40017},
		"no name":            {main(entry("click", "", "k", "")), 40018},
		"name of 17 bytes":   {main(entry("click", long(17), "k", "")), 40018},
		"no key":             {main(entry("click", "n", "", "")), 40019},
		"key of 129 bytes":   {main(entry("click", "n", long(129), "")), 40019},
		"no URL":             {main(entry("view", "n", "", "shop")), 40020},
		"URL of 1025 bytes":  {main(entry("view", "n", "", "https://u.example/"+long(1007))), 40020},
		"three levels":       {sub(`{"name":"n","sub_button":[` + good + `]}`), 40022},
		"six below":          {sub(strings.Repeat(good+",", 5) + good), 40023},
		"unknown type below": {sub(entry("call", "n", "k", "")), 40024},
		"long name below":    {sub(entry("click", long(61), "k", "")), 40025},
		"no key below":       {sub(entry("click", "n", "", "")), 40026},
		"no URL below":       {sub(entry("view", "n", "", "")), 40027},
		"no medium":          {main(`{"type":"media_id","name":"n"}`), 40007},
		"no mini program":    {main(`{"type":"miniprogram","name":"n"}`), 40013},
	} {
		require.EqualValues(t, row.code, w.api("menu/create", row.body)["errcode"], name)
	}
}

func TestTap_onPicturesAndPlacesIsFollowedByThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.act(`{"kind":"pic_photo_or_album","key":"P"}`)
	eventually(t, func() bool { return len(w.server.received()) == 2 }, "the tap and the picture are told")
	w.act(`{"kind":"location_select","key":"L","latitude":23.1,"longitude":113.3,"label":"家"}`)
	eventually(t, func() bool { return len(w.server.received()) == 4 }, "the tap and the place are told")
	documents := []string{}
	for _, in := range w.server.received() {
		documents = append(documents, in.inner)
	}
	all := strings.Join(documents, "\n")
	require.Regexp(t, `<SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum><!\[CDATA\[[0-9a-f]{32}\]\]>`, all)
	require.Contains(t, all, "<SendLocationInfo><Location_X><![CDATA[23.1]]>")
	kinds := []string{}
	for _, it := range w.screen() {
		kinds = append(kinds, it.Kind)
	}
	require.Equal(t, []string{"pic_photo_or_album", "image", "location_select", "location"}, kinds)
	w.do("POST", w.path("followers/"+openID+"/say"), `{"kind":"pic_weixin"}`, 400)
}

func TestQRCode_isScannedByWhoFollowsAndByWhoDoesNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.api("qrcode/create", `{"expire_seconds":600,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"shop-7"}}}`)
	require.EqualValues(t, 600, out["expire_seconds"])
	ticket := out["ticket"].(string)
	require.Equal(t, "shop-7", get[map[string]any](w, w.path("qrcodes"))[0]["scene"])
	scan := `{"kind":"scan","ticket":"` + ticket + `"}`
	w.act(scan)
	require.Contains(t, w.server.received()[0].inner, "<EventKey><![CDATA[shop-7]]></EventKey>\n<Ticket><![CDATA["+ticket+"]]>")

	w.do("DELETE", w.path("followers/"+openID), "", 200)
	eventually(t, func() bool { return len(w.server.received()) == 2 }, "leaving is told")
	w.act(scan)
	require.Contains(t, w.server.received()[2].inner, "<Event><![CDATA[subscribe]]></Event>\n<EventKey><![CDATA[qrscene_shop-7]]></EventKey>\n<Ticket><![CDATA["+ticket+"]]>")
	require.Equal(t, true, w.do("GET", w.path("followers/"+openID), "", 200)["subscribed"])

	w.do("POST", "/_sim/clock", `{"advance":"10m"}`, 200)
	w.do("POST", w.path("followers/"+openID+"/say"), scan, 409)
	w.do("POST", w.path("followers/"+openID+"/say"), `{"kind":"scan","ticket":"none"}`, 404)
	require.Empty(t, get[map[string]any](w, w.path("qrcodes")))
}

func TestQRCode_isRefusedWhereWeChatRefusesIt(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	create := func(action, scene string) any {
		return w.api("qrcode/create", `{"action_name":"`+action+`","action_info":{"scene":`+scene+`}}`)["errcode"]
	}
	require.Nil(t, create("QR_SCENE", `{"scene_id":100001}`))
	require.Nil(t, create("QR_LIMIT_SCENE", `{"scene_id":100000}`))
	require.EqualValues(t, 40053, create("QR_LIMIT_SCENE", `{"scene_id":100001}`))
	require.EqualValues(t, 40053, create("QR_SCENE", `{"scene_id":0}`))
	require.EqualValues(t, 40053, create("QR_LIMIT_STR_SCENE", `{"scene_str":"`+strings.Repeat("x", 65)+`"}`))
	require.EqualValues(t, 40052, create("QR", `{"scene_id":1}`))
	require.EqualValues(t, 40035, w.api("qrcode/create", `{"expire_seconds":2592001,"action_name":"QR_SCENE"}`)["errcode"])
	w.do("PATCH", "/_sim/accounts/"+appID, `{"kind":"subscription"}`, 200)
	require.EqualValues(t, 48001, create("QR_SCENE", `{"scene_id":1}`))
}
