package phone_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestAct_sendsWeChatsXML(t *testing.T) {
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
			w := simulatortest.New(t)
			verdict, _ := w.Act(row.act)
			require.Equal(t, "accepted", verdict)
			got := regexp.MustCompile(`\d{19}`).ReplaceAllString(w.Server.Received()[0].Inner, "ID")
			_, children, found := strings.Cut(got, "</CreateTime>\n")
			require.True(t, found)
			require.Equal(t, row.children+"\n</xml>", children)
			require.Equal(t, row.kind, w.Screen()[0].Kind)
			require.Equal(t, "customer", w.Screen()[0].Channel)
		})
	}
}

func TestAct_rawIsSentAsItIs(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	const document = `<!DOCTYPE x><xml><MsgType>odd</MsgType></xml>`
	w.Act(fmt.Sprintf(`{"kind":"raw","xml":%q}`, document))
	require.Equal(t, document, w.Server.Received()[0].Inner)
	require.True(t, w.Server.Received()[0].Safe)
}
