package simulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSend_isShownToTheCustomer(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.say("hello")
	require.Equal(t, 0, w.send(w.accessToken(), `您好 <a href="https://shop.example/?a=1&b=2">这里</a> 👋`))
	require.Equal(t, []string{`custom: 您好 <a href="https://shop.example/?a=1&b=2">这里</a> 👋`}, w.heard())
}

func TestSend_showsWhoSpeaksAndThatAProgramWrote(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.say("hello")
	asked := w.screen()[0].MsgID
	require.Equal(t, 0, w.sendBody(w.accessToken(), `{"touser":"`+openID+`","msgtype":"text","text":{"content":"a"},"customservice":{"kf_account":"mei@tea"},`+
		`"aimsgcontext":{"is_ai_msg":1,"msgid":"`+asked+`"}}`))
	require.Equal(t, 0, w.send(w.accessToken(), "b"))
	screen := w.screen()
	require.Equal(t, []any{"mei@tea", true, asked}, []any{screen[1].As, screen[1].AI, screen[1].InReplyTo})
	require.Equal(t, []any{"", false, ""}, []any{screen[2].As, screen[2].AI, screen[2].InReplyTo})
}

func TestSend_isRefusedInTheOrderOfTheProtocol(t *testing.T) {
	t.Parallel()
	text := func(content string) string {
		return `{"touser":"` + openID + `","msgtype":"text","text":{"content":"` + content + `"}}`
	}
	body := func(kind, object string) string {
		return `{"touser":"` + openID + `","msgtype":"` + kind + `",` + object + `}`
	}
	for name, row := range map[string]struct {
		body string
		code int
	}{
		"no body":                {"", 44002},
		"not JSON":               {"touser=1", 47001},
		"an array":               {"[]", 47001},
		"two objects":            {text("a") + text("b"), 47001},
		"cut off":                {text("a")[:30], 47001},
		"wrong type":             {`{"touser":1}`, 47001},
		"invalid UTF-8":          {text("\xff"), 47001},
		"escaped markup":         {text(`\u003ca\u003e`), 40033},
		"escaped Chinese":        {text(`\u4f60`), 40033},
		"escaped backslash":      {text(`\\u4f60`), 0},
		"control character":      {text(`a\u0001\tb`), 0},
		"no openid":              {`{"msgtype":"text","text":{"content":"a"}}`, 40003},
		"foreign openid":         {strings.Replace(text("a"), openID, "oForeign", 1), 40003},
		"unknown kind":           {body("sms", `"text":{"content":"a"}`), 40008},
		"empty text":             {text(""), 44004},
		"2048 bytes":             {text(strings.Repeat("a", 2048)), 0},
		"2049 bytes":             {text(strings.Repeat("a", 2049)), 45002},
		"683 Chinese":            {text(strings.Repeat("字", 683)), 45002},
		"image":                  {body("image", `"image":{"media_id":"IMAGE"}`), 0},
		"foreign image":          {body("image", `"image":{"media_id":"m"}`), 40007},
		"image that is a voice":  {body("image", `"image":{"media_id":"VOICE"}`), 40007},
		"image without media":    {body("image", `"image":{}`), 40007},
		"voice":                  {body("voice", `"voice":{"media_id":"VOICE"}`), 0},
		"video":                  {body("video", `"video":{"media_id":"VIDEO","thumb_media_id":"THUMB"}`), 0},
		"video without a thumb":  {body("video", `"video":{"media_id":"VIDEO"}`), 40007},
		"music":                  {body("music", `"music":{"thumb_media_id":"THUMB"}`), 0},
		"music without a thumb":  {body("music", `"music":{"title":"t"}`), 40007},
		"mini program":           {body("miniprogrampage", `"miniprogrampage":{"title":"t","appid":"wxabcdefabcdefabcd","pagepath":"p","thumb_media_id":"THUMB"}`), 0},
		"mini program, no id":    {body("miniprogrampage", `"miniprogrampage":{"title":"t","thumb_media_id":"THUMB"}`), 40013},
		"mini program, no thumb": {body("miniprogrampage", `"miniprogrampage":{"title":"t","appid":"wxabcdefabcdefabcd","pagepath":"p"}`), 40007},
		"article":                {body("mpnewsarticle", `"mpnewsarticle":{"article_id":"a"}`), 0},
		"no article":             {body("mpnewsarticle", `"mpnewsarticle":{}`), 53600},
		"material":               {body("mpnews", `"mpnews":{"media_id":"m"}`), 0},
		"no material":            {body("mpnews", `"mpnews":{}`), 40007},
		"a picture as material":  {body("mpnews", `"mpnews":{"media_id":"IMAGE"}`), 40007},
		"as a colleague":         {body("text", `"text":{"content":"a"},"customservice":{"kf_account":"mei@tea"}`), 0},
		"as nobody":              {body("text", `"text":{"content":"a"},"customservice":{"kf_account":"mei"}`), 65401},
		"by an AI":               {body("text", `"text":{"content":"a"},"aimsgcontext":{"is_ai_msg":1,"msgid":"1"}`), 0},
		"news without a title":   {body("news", `"news":{"articles":[{"url":"u"}]}`), 44003},
		"card":                   {body("wxcard", `"wxcard":{"card_id":"c"}`), 40008},
		"news":                   {body("news", `"news":{"articles":[{"title":"a"}]}`), 0},
		"no news":                {body("news", `"news":{"articles":[]}`), 44003},
		"two articles":           {body("news", `"news":{"articles":[{"title":"a"},{"title":"b"}]}`), 45008},
		"menu":                   {body("msgmenu", `"msgmenu":{"head_content":"h","list":[{"id":"1","content":"yes"}],"tail_content":"t"}`), 0},
		"empty menu":             {body("msgmenu", `"msgmenu":{"list":[]}`), 44004},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newStillWorld(t)
			w.say("hello")
			require.Equal(t, row.code, w.sendBody(w.accessToken(), w.withMedia(row.body)))
			shown := map[bool]int{true: 1, false: 0}[row.code == 0]
			require.Len(t, w.heard(), shown)
		})
	}
}

func TestSend_checksTokenThenRightThenQuotaThenBody(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.do("PATCH", "/_sim/settings", `{"send_daily":2,"send_minute":1}`, 200)
	good := w.accessToken()
	require.Equal(t, 41001, w.sendBody("", ""))
	require.Equal(t, 40014, w.sendBody("not/a/token", ""))
	require.Equal(t, 40001, w.sendBody(strings.Repeat("x", 138), ""))

	require.Equal(t, 44002, w.sendBody(good, ""), "the first counted call")
	require.Equal(t, 45011, w.sendBody(good, ""))
	w.do("POST", "/_sim/clock", `{"advance":"1m"}`, 200)
	require.Equal(t, 44002, w.sendBody(good, ""), "a new minute")
	w.do("POST", "/_sim/clock", `{"advance":"1m"}`, 200)
	require.Equal(t, 45009, w.sendBody(good, ""), "the day's are used up")

	w.do("PATCH", "/_sim/accounts/"+appID, `{"kind":"unverified_subscription"}`, 200)
	require.Equal(t, 48001, w.sendBody(good, ""), "the right comes before the quota")

	out := w.do("GET", "/cgi-bin/message/custom/send?access_token="+good, "", 200)
	require.EqualValues(t, 48001, out["errcode"])
	require.Regexp(t, ` rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`, out["errmsg"])
	w.do("PATCH", "/_sim/accounts/"+appID, `{"kind":"service"}`, 200)
	w.do("PATCH", "/_sim/settings", `{"send_daily":100}`, 200)
	require.EqualValues(t, 43002, w.do("GET", "/cgi-bin/message/custom/send?access_token="+good, "", 200)["errcode"])
	require.EqualValues(t, 40066, w.do("GET", "/cgi-bin/nothing", "", 200)["errcode"])
}

func TestSend_isRefusedForSomeAccountsAndCustomers(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.say("hello")
	w.do("PATCH", w.path("followers/"+openID), `{"blocked":true}`, 200)
	require.Equal(t, 43019, w.send(w.accessToken(), "a"))
	w.do("PATCH", w.path("followers/"+openID), `{"blocked":false}`, 200)
	w.do("PATCH", "/_sim/accounts/"+appID, `{"kind":"sandbox"}`, 200)
	require.Equal(t, 40200, w.sendBody(w.accessToken(), `{"touser":"`+openID+`","msgtype":"msgmenu"}`))
	require.Equal(t, 0, w.send(w.accessToken(), "a"))
}

func TestWindow_allowsFiveMessagesIn48Hours(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	require.Equal(t, 45015, w.send(w.accessToken(), "a"), "nothing was said yet")
	w.say("hello")
	for range 5 {
		require.Equal(t, 0, w.send(w.accessToken(), "a"))
	}
	require.Equal(t, 45047, w.send(w.accessToken(), "a"))
	w.say("hello again")
	require.Equal(t, 0, w.send(w.accessToken(), "a"), "a new message fills the bucket anew")
	w.do("POST", "/_sim/clock", `{"advance":"47h59m"}`, 200)
	require.Equal(t, 0, w.send(w.accessToken(), "a"))
	w.do("POST", "/_sim/clock", `{"advance":"1m"}`, 200)
	require.Equal(t, 45015, w.send(w.accessToken(), "a"))
	require.Len(t, w.heard(), 7)
}

func TestWindow_usesTheBucketThatEndsFirst(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.say("hello")                            // five in 48 h
	w.act(`{"kind":"click","key":"HELP"}`)    // three in a minute
	w.act(`{"kind":"view","url":"http://u"}`) // none
	for range 2 {
		require.Equal(t, 0, w.send(w.accessToken(), "a"))
	}
	w.do("POST", "/_sim/clock", `{"advance":"1m"}`, 200) // the tap's third is lost
	for range 5 {
		require.Equal(t, 0, w.send(w.accessToken(), "a"))
	}
	require.Equal(t, 45047, w.send(w.accessToken(), "a"))
}

func TestWindow_endsWithTheSubscription(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.say("hello")
	w.do("DELETE", w.path("followers/"+openID), "", 200)
	require.Equal(t, 45015, w.send(w.accessToken(), "a"))
	w.do("POST", w.path("followers"), `{"openid":"`+openID+`"}`, 201)
	for range 3 {
		require.Equal(t, 0, w.send(w.accessToken(), "a"))
	}
	require.Equal(t, 45047, w.send(w.accessToken(), "a"), "following opens three in a minute")
}

func TestWindow_followsTheSettings(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.do("PATCH", "/_sim/settings", `{"window_messages":50}`, 200)
	w.say("hello")
	for range 50 {
		require.Equal(t, 0, w.send(w.accessToken(), "a"))
	}
	require.Equal(t, 45047, w.send(w.accessToken(), "a"))
}

func TestTyping_isShownForFifteenSeconds(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	typing := func(command string) float64 {
		out := w.do("POST", "/cgi-bin/message/custom/typing?access_token="+w.accessToken(), `{"touser":"`+openID+`","command":"`+command+`"}`, 200)
		return out["errcode"].(float64)
	}
	shown := func() any { return w.do("GET", w.path("followers/"+openID+"/screen"), "", 200)["typing"] }
	require.EqualValues(t, 45080, typing("Typing"))
	w.say("hello")
	require.EqualValues(t, 45072, typing("Dance"))
	require.EqualValues(t, 0, typing("Typing"))
	require.Equal(t, true, shown())
	require.EqualValues(t, 45081, typing("Typing"))
	require.Equal(t, 0, w.send(w.accessToken(), "a"))
	require.Equal(t, false, shown(), "a message ends it")
	require.EqualValues(t, 0, typing("Typing"))
	w.do("POST", "/_sim/clock", `{"advance":"15s"}`, 200)
	require.Equal(t, false, shown())
	require.EqualValues(t, 0, typing("CancelTyping"))
}

func TestUserInfo_tellsWhatWeChatStillTells(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	ask := func(id string) map[string]any {
		return w.do("GET", "/cgi-bin/user/info?lang=zh_CN&openid="+id+"&access_token="+w.accessToken(), "", 200)
	}
	out := ask(openID)
	require.EqualValues(t, 1, out["subscribe"])
	require.NotContains(t, out, "nickname")
	require.EqualValues(t, 40003, ask("oForeign")["errcode"])
	w.do("DELETE", w.path("followers/"+openID), "", 200)
	require.Equal(t, map[string]any{"subscribe": 0.0, "openid": openID}, ask(openID))
	require.Contains(t, w.do("GET", "/cgi-bin/getcallbackip?access_token="+w.accessToken(), "", 200), "ip_list")
}
