package platform_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestSend_isShownToTheCustomer(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Say("hello")
	require.Equal(t, 0, w.Send(w.AccessToken(), `您好 <a href="https://shop.example/?a=1&b=2">这里</a> 👋`))
	require.Equal(t, []string{`custom: 您好 <a href="https://shop.example/?a=1&b=2">这里</a> 👋`}, w.Heard())
}

func TestSend_showsWhoSpeaksAndThatAProgramWrote(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Say("hello")
	asked := w.Screen()[0].MsgID
	require.Equal(t, 0, w.SendBody(w.AccessToken(), `{"touser":"`+simulatortest.OpenID+`","msgtype":"text","text":{"content":"a"},"customservice":{"kf_account":"mei@tea"},`+
		`"aimsgcontext":{"is_ai_msg":1,"msgid":"`+asked+`"}}`))
	require.Equal(t, 0, w.Send(w.AccessToken(), "b"))
	screen := w.Screen()
	require.Equal(t, []any{"mei@tea", true, asked}, []any{screen[1].As, screen[1].AI, screen[1].InReplyTo})
	require.Equal(t, []any{"", false, ""}, []any{screen[2].As, screen[2].AI, screen[2].InReplyTo})
}

func TestSend_isRefusedInTheOrderOfTheProtocol(t *testing.T) {
	t.Parallel()
	text := func(content string) string {
		return `{"touser":"` + simulatortest.OpenID + `","msgtype":"text","text":{"content":"` + content + `"}}`
	}
	body := func(kind, object string) string {
		return `{"touser":"` + simulatortest.OpenID + `","msgtype":"` + kind + `",` + object + `}`
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
		"foreign openid":         {strings.Replace(text("a"), simulatortest.OpenID, "oForeign", 1), 40003},
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
			w := simulatortest.NewStill(t)
			w.Say("hello")
			require.Equal(t, row.code, w.SendBody(w.AccessToken(), w.WithMedia(row.body)))
			shown := map[bool]int{true: 1, false: 0}[row.code == 0]
			require.Len(t, w.Heard(), shown)
		})
	}
}

func TestSend_checksTokenRightQuotaBodyInOrder(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Do("PATCH", "/_sim/settings", `{"send_daily":2,"send_minute":1}`, 200)
	good := w.AccessToken()
	require.Equal(t, 41001, w.SendBody("", ""))
	require.Equal(t, 40014, w.SendBody("not/a/token", ""))
	require.Equal(t, 40001, w.SendBody(strings.Repeat("x", 138), ""))

	require.Equal(t, 44002, w.SendBody(good, ""), "the first counted call")
	require.Equal(t, 45011, w.SendBody(good, ""))
	w.Do("POST", "/_sim/clock", `{"advance":"1m"}`, 200)
	require.Equal(t, 44002, w.SendBody(good, ""), "a new minute")
	w.Do("POST", "/_sim/clock", `{"advance":"1m"}`, 200)
	require.Equal(t, 45009, w.SendBody(good, ""), "the day's are used up")

	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"kind":"unverified_subscription"}`, 200)
	require.Equal(t, 48001, w.SendBody(good, ""), "the right comes before the quota")

	out := w.Do("GET", "/cgi-bin/message/custom/send?access_token="+good, "", 200)
	require.EqualValues(t, 48001, out["errcode"])
	require.Regexp(t, ` rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`, out["errmsg"])
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"kind":"service"}`, 200)
	w.Do("PATCH", "/_sim/settings", `{"send_daily":100}`, 200)
	require.EqualValues(t, 43002, w.Do("GET", "/cgi-bin/message/custom/send?access_token="+good, "", 200)["errcode"])
	require.EqualValues(t, 40066, w.Do("GET", "/cgi-bin/nothing", "", 200)["errcode"])
}

func TestSend_isRefusedForSomeAccountsAndCustomers(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Say("hello")
	w.Do("PATCH", w.Path("followers/"+simulatortest.OpenID), `{"blocked":true}`, 200)
	require.Equal(t, 43019, w.Send(w.AccessToken(), "a"))
	w.Do("PATCH", w.Path("followers/"+simulatortest.OpenID), `{"blocked":false}`, 200)
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"kind":"sandbox"}`, 200)
	require.Equal(t, 40200, w.SendBody(w.AccessToken(), `{"touser":"`+simulatortest.OpenID+`","msgtype":"msgmenu"}`))
	require.Equal(t, 0, w.Send(w.AccessToken(), "a"))
}
