package simulator_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAct_isToldInWeChatsWords(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ act, children, kind string }{
		"text":     {`{"text":"hi"}`, "<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[hi]]></Content>\n<MsgId>ID</MsgId>", "text"},
		"menu tap": {`{"text":"yes","menu_id":"7"}`, "<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[yes]]></Content>\n<bizmsgmenuid><![CDATA[7]]></bizmsgmenuid>\n<MsgId>ID</MsgId>", "text"},
		"image":    {`{"kind":"image","pic_url":"http://p/","media_id":"m"}`, "<MsgType><![CDATA[image]]></MsgType>\n<PicUrl><![CDATA[http://p/]]></PicUrl>\n<MediaId><![CDATA[m]]></MediaId>\n<MsgId>ID</MsgId>", "image"},
		"voice":    {`{"kind":"voice","media_id":"m"}`, "<MsgType><![CDATA[voice]]></MsgType>\n<MediaId><![CDATA[m]]></MediaId>\n<Format><![CDATA[amr]]></Format>\n<MediaId16K><![CDATA[m16k]]></MediaId16K>\n<MsgId>ID</MsgId>", "voice"},
		"video":    {`{"kind":"video","media_id":"m","thumb_media_id":"t"}`, "<MsgType><![CDATA[video]]></MsgType>\n<MediaId><![CDATA[m]]></MediaId>\n<ThumbMediaId><![CDATA[t]]></ThumbMediaId>\n<MsgId>ID</MsgId>", "video"},
		"location": {`{"kind":"location","latitude":23.134,"longitude":113.35,"scale":20,"label":"家"}`, "<MsgType><![CDATA[location]]></MsgType>\n<Location_X>23.134</Location_X>\n<Location_Y>113.35</Location_Y>\n<Scale>20</Scale>\n<Label><![CDATA[家]]></Label>\n<MsgId>ID</MsgId>", "location"},
		"link":     {`{"kind":"link","title":"T","url":"http://u/"}`, "<MsgType><![CDATA[link]]></MsgType>\n<Title><![CDATA[T]]></Title>\n<Description><![CDATA[]]></Description>\n<Url><![CDATA[http://u/]]></Url>\n<MsgId>ID</MsgId>", "link"},
		"click":    {`{"kind":"click","key":"HELP"}`, "<MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[CLICK]]></Event>\n<EventKey><![CDATA[HELP]]></EventKey>", "CLICK"},
		"view":     {`{"kind":"view","url":"http://u/","menu_id":"9"}`, "<MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[VIEW]]></Event>\n<EventKey><![CDATA[http://u/]]></EventKey>\n<MenuId>9</MenuId>", "VIEW"},
		"scan":     {`{"kind":"scan","scene":"shop7"}`, "<MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[SCAN]]></Event>\n<EventKey><![CDATA[shop7]]></EventKey>\n<Ticket><![CDATA[simulated-ticket-shop7]]></Ticket>", "SCAN"},
		"scancode": {`{"kind":"scancode_waitmsg","key":"S","scan_result":"1"}`, "<MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[scancode_waitmsg]]></Event>\n<EventKey><![CDATA[S]]></EventKey>\n<ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[1]]></ScanResult></ScanCodeInfo>", "scancode_waitmsg"},
		"program":  {`{"kind":"miniprogram","key":"pages/a","menu_id":"9"}`, "<MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[view_miniprogram]]></Event>\n<EventKey><![CDATA[pages/a]]></EventKey>\n<MenuId>9</MenuId>", "view_miniprogram"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			verdict, _ := w.act(row.act)
			require.Equal(t, "accepted", verdict)
			got := regexp.MustCompile(`\d{19}`).ReplaceAllString(w.server.received()[0].inner, "ID")
			_, children, found := strings.Cut(got, "</CreateTime>\n")
			require.True(t, found)
			require.Equal(t, row.children+"\n</xml>", children)
			require.Equal(t, row.kind, w.screen()[0].Kind)
			require.Equal(t, "customer", w.screen()[0].Channel)
		})
	}
}

func TestAct_rawIsSentAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const document = `<!DOCTYPE x><xml><MsgType>odd</MsgType></xml>`
	w.act(fmt.Sprintf(`{"kind":"raw","xml":%q}`, document))
	require.Equal(t, document, w.server.received()[0].inner)
	require.True(t, w.server.received()[0].safe)
}

func TestFollow_andUnfollowAreEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("POST", w.path("followers"), `{"openid":"oNew","name":"新","scene":"shop7"}`, 201)
	eventually(t, func() bool { return len(w.server.received()) == 1 }, "subscribe is told")
	m := w.server.received()[0].message
	require.Equal(t, "subscribe qrscene_shop7", m.Event+" "+m.EventKey)
	require.Zero(t, m.MsgID)

	w.do("POST", w.path("followers"), `{"openid":"oNew","name":"again"}`, 201)
	w.do("DELETE", w.path("followers/oNew"), "", 200)
	eventually(t, func() bool { return len(w.server.received()) == 2 }, "following twice is told once, leaving is told")
	require.Equal(t, "unsubscribe", w.server.received()[1].message.Event)
	require.Equal(t, false, w.do("GET", w.path("followers/oNew"), "", 200)["subscribed"])
	w.do("DELETE", w.path("followers/oNew"), "", 409)
	w.do("POST", w.path("followers/oNew/say"), `{"text":"hi"}`, 409)

	w.do("POST", w.path("followers"), `{"openid":"oNew"}`, 201)
	eventually(t, func() bool { return len(w.server.received()) == 3 }, "coming back is told")
	require.Equal(t, "again", w.do("GET", w.path("followers/oNew"), "", 200)["name"])
}

func TestFollow_givesAnOpenidLikeWeChats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.do("POST", w.path("followers"), `{"quiet":true}`, 201)
	require.Regexp(t, `^o[A-Za-z0-9_-]{27}$`, out["openid"])
	require.Empty(t, w.server.received())
}

func TestFollow_isAnsweredOnTheNewScreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.answers(func(received) (int, string) {
		return 200, wrapped(strings.Replace(textReply("欢迎"), openID, "oNew", 1))
	})
	w.do("POST", w.path("followers"), `{"openid":"oNew"}`, 201)
	eventually(t, func() bool {
		screen := get[item](w, w.path("followers/oNew/screen"))
		return len(screen) == 2 && screen[1].Text == "欢迎" && screen[0].Kind == "subscribe" && screen[0].Verdict == "replied"
	}, "the greeting shows")
}
