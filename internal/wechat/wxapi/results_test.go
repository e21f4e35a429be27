package wxapi_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// ACC-13
func TestUserInfo_readsWhatIsLeft(t *testing.T) {
	t.Parallel()
	const mine = `"openid":"` + string(customer) + `"`
	for answer, want := range map[string]wxapi.User{
		`{"subscribe":1,` + mine + `,"nickname":"","sex":0,"language":"zh_CN","city":"","subscribe_time":1700000000,"unionid":"u","remark":"r",` +
			`"groupid":0,"tagid_list":[128,2],"subscribe_scene":"ADD_SCENE_QR_CODE","qr_scene":98765,"qr_scene_str":""}`: {
			OpenID: customer, Following: true, FollowedAt: time.Unix(1_700_000_000, 0).UTC(), UnionID: "u", Language: "zh_CN", Remark: "r",
			TagIDs: []int64{128, 2}, Scene: "ADD_SCENE_QR_CODE", QRScene: 98765,
		},
		`{"subscribe":"1",` + mine + `,"qr_scene_str":"till 7","remark":null}`: {OpenID: customer, Following: true, QRSceneText: "till 7"},
		`{"subscribe":0,` + mine + `,"unionid":"u"}`:                           {OpenID: customer, UnionID: "u"},
	} {
		p := newPlatform(t)
		p.answers(says(answer))
		got, err := client(t, p, storeWith(tokenA)).UserInfo(t.Context(), credentials(), customer)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, unclear := range []string{`{` + mine + `}`, `{"subscribe":1,"openid":"somebody else"}`, `{"subscribe":1,"openid":7}`} {
		p := newPlatform(t)
		p.answers(says(unclear))
		_, err := client(t, p, storeWith(tokenA)).UserInfo(t.Context(), credentials(), customer)
		requireError(t, err, 0, wechat.ReasonAnswerUnclear)
	}
}

func TestCreateQRCode_makesTheFourKinds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		scene    wxapi.Scene
		lifetime time.Duration
		body     string
		answer   string
		want     wxapi.QRCode
	}{
		{
			wxapi.Scene{Number: 123},
			wxapi.MaxQRCodeLifetime, `{"expire_seconds":2592000,"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":123}}}`,
			`{"ticket":"t","expire_seconds":60,"url":"u"}`,
			wxapi.QRCode{Ticket: "t", URL: "u", ExpiresAt: now.Add(time.Minute)},
		},
		{
			wxapi.Scene{Text: `till "7"`},
			90 * time.Second, `{"expire_seconds":90,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"till \"7\""}}}`,
			`{"ticket":"t","expire_seconds":9223372036854775807,"url":"u"}`,
			wxapi.QRCode{Ticket: "t", URL: "u", ExpiresAt: now.Add(90 * time.Second)},
		},
		{
			wxapi.Scene{Number: 1},
			0, `{"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":1}}}`,
			`{"ticket":"t","url":"u"}`,
			wxapi.QRCode{Ticket: "t", URL: "u"},
		},
		{
			wxapi.Scene{Text: "door"},
			0, `{"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"door"}}}`,
			`{"ticket":"gQ==/+","url":"u"}`,
			wxapi.QRCode{Ticket: "gQ==/+", URL: "u"},
		},
	} {
		p, s := newPlatform(t), storeWith(tokenA)
		s.token.ExpiresAt = now.Add(1 << 40)
		p.answers(says(tt.answer))
		c := wxapi.New(p.URL, httpClient(t), s, wxapi.WithClock(func() time.Time { return now }))
		got, err := c.CreateQRCode(t.Context(), credentials(), tt.scene, tt.lifetime)
		require.NoError(t, err)
		require.Equal(t, tt.want, got)
		require.Equal(t, tt.body, p.taken()[0].body)
	}
	require.Equal(t, "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQ%3D%3D%2F%2B", wxapi.QRCode{Ticket: "gQ==/+"}.ImageURL())
}

func TestCreateQRCode_refusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := client(t, p, storeWith(tokenA))
	for scene, life := range map[wxapi.Scene]time.Duration{
		{}:                     time.Minute,
		{Number: 1, Text: "1"}: time.Minute,
		{Number: 2}:            -1,
		{Number: 3}:            time.Second - 1,
		{Number: 4}:            wxapi.MaxQRCodeLifetime + 1,
	} {
		_, err := c.CreateQRCode(t.Context(), credentials(), scene, life)
		requireError(t, err, 0, "request-invalid")
	}
	require.Empty(t, p.taken())
}

func TestMenu_comesBackAsItWasMade(t *testing.T) {
	t.Parallel()
	menu := []wxapi.Button{
		{Name: "Help & more", Buttons: []wxapi.Button{
			{Type: "click", Name: "人工", Key: "human"},
			{Type: "view", Name: "Shop", URL: "https://x/?a=1&b=2"},
			{Type: "miniprogram", Name: "App", URL: "https://x", AppID: "wx1", PagePath: "p"},
			{Type: "media_id", Name: "Picture", MediaID: "m"},
			{Type: "article_id", Name: "Story", ArticleID: "a"},
		}},
		{Type: "scancode_waitmsg", Name: "Scan", Key: "scan"},
	}
	p := newPlatform(t)
	p.answers(says(ok))
	c := client(t, p, storeWith(tokenA))
	require.NoError(t, c.CreateMenu(t.Context(), credentials(), menu))
	body := p.taken()[0].body
	require.Equal(t, `{"button":[{"name":"Help & more","sub_button":[{"name":"人工","type":"click","key":"human"},`+
		`{"name":"Shop","type":"view","url":"https://x/?a=1&b=2"},{"name":"App","type":"miniprogram","url":"https://x","appid":"wx1","pagepath":"p"},`+
		`{"name":"Picture","type":"media_id","media_id":"m"},{"name":"Story","type":"article_id","article_id":"a"}]},`+
		`{"name":"Scan","type":"scancode_waitmsg","key":"scan"}]}`, body)

	p.answers(says(`{"menu":` + body + `}`))
	got, err := c.Menu(t.Context(), credentials())
	require.NoError(t, err)
	require.Equal(t, menu, got)

	p.answers(says(`{"errcode":46003,"errmsg":"menu no exist rid: 65f0c1d2-0a1b2c3d-4e5f6a7b"}`))
	_, err = c.Menu(t.Context(), credentials())
	requireError(t, err, 46003, "menu-missing")
	p.answers(says(`{"errcode":40018,"errmsg":"invalid button name size"}`))
	requireError(t, c.CreateMenu(t.Context(), credentials(), []wxapi.Button{{Name: strings.Repeat("x", 100)}}), 40018, "menu-invalid")
}

func TestCallbackIPs_readsAddressesAndNetworks(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := client(t, p, storeWith(tokenA))
	p.answers(says(`{"ip_list":["1.2.3.4","5.6.7.8/24","::ffff:9.8.7.6","240e:1::/32","240e:2::1"]}`))
	got, err := c.CallbackIPs(t.Context(), credentials())
	require.NoError(t, err)
	require.Equal(t, []netip.Prefix{
		netip.MustParsePrefix("1.2.3.4/32"), netip.MustParsePrefix("5.6.7.0/24"), netip.MustParsePrefix("9.8.7.6/32"),
		netip.MustParsePrefix("240e:1::/32"), netip.MustParsePrefix("240e:2::1/128"),
	}, got)
	for _, unclear := range []string{
		`{"ip_list":[]}`, `{"ip_list":["1.2.3.4",""]}`, `{"ip_list":["1.2.3.4/33"]}`, `{"ip_list":["fe80::1%eth0"]}`, `{"ip_list":"1.2.3.4"}`, `{"ip_list":[7]}`,
	} {
		p.answers(says(unclear))
		got, err = c.CallbackIPs(t.Context(), credentials())
		requireError(t, err, 0, wechat.ReasonAnswerUnclear)
		require.Empty(t, got)
	}
}
