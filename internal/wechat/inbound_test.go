package wechat_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/wechat"
)

// inboundXML is a message from a customer with more children.
func inboundXML(msgType, children string) string {
	return "<xml><ToUserName><![CDATA[gh_a1b2c3d4e5f6]]></ToUserName>\n" +
		"<FromUserName><![CDATA[oyORnuP8q7ou2gfYjqLzSIWZf0rs]]></FromUserName>\n" +
		"<CreateTime>1700000000</CreateTime>\n<MsgType><![CDATA[" + msgType + "]]></MsgType>\n" + children + "\n</xml>"
}

// ACC-12
func TestReadInbound_readsEveryKindOfMessage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind, children, text string
		want                 wechat.Inbound
	}{
		{
			"text", "<Content><![CDATA[你好]]></Content><MsgId>1</MsgId><bizmsgmenuid>menu_yes</bizmsgmenuid><MsgDataId>d</MsgDataId><Idx>2</Idx>", "你好",
			wechat.Inbound{Content: "你好", MsgID: "1", MenuID: "menu_yes", MsgDataID: "d", Idx: "2"},
		},
		{
			"image", "<PicUrl><![CDATA[http://mmbiz.qpic.cn/1]]></PicUrl><MediaId><![CDATA[m]]></MediaId><MsgId>1</MsgId>", "",
			wechat.Inbound{PicURL: "http://mmbiz.qpic.cn/1", MediaID: "m", MsgID: "1"},
		},
		{
			"voice", "<MediaId>m</MediaId><Format>amr</Format><MediaId16K>m16</MediaId16K><Recognition><![CDATA[早]]></Recognition><MsgId>1</MsgId>", "早",
			wechat.Inbound{MediaID: "m", Format: "amr", MediaID16K: "m16", Recognition: "早", MsgID: "1"},
		},
		{
			"video", "<MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId><MsgId>1</MsgId>", "",
			wechat.Inbound{MediaID: "m", ThumbMediaID: "t", MsgID: "1"},
		},
		{
			"shortvideo", "<MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId><MsgId>1</MsgId>", "",
			wechat.Inbound{MediaID: "m", ThumbMediaID: "t", MsgID: "1"},
		},
		{
			"location", "<Location_X>23.1</Location_X><Location_Y>113.3</Location_Y><Scale>20</Scale><Label>a &lt;b&gt;</Label><MsgId>1</MsgId>", "",
			wechat.Inbound{LocationX: "23.1", LocationY: "113.3", Scale: "20", Label: "a <b>", MsgID: "1"},
		},
		{
			"link", "<Title>t</Title><Description>d</Description><Url><![CDATA[https://x/?a=1&b=2]]></Url><MsgId>1</MsgId>", "",
			wechat.Inbound{Title: "t", Description: "d", URL: "https://x/?a=1&b=2", MsgID: "1"},
		},
		{"file", "<FileKey>k</FileKey><MsgId>1</MsgId>", "", // X14: unknown kinds are kept
			wechat.Inbound{MsgID: "1", Other: []wechat.Field{{Path: "FileKey", Value: "k"}}}},
		{
			"miniprogrampage", "<Title>t</Title><AppId>wx1</AppId><PagePath>p?a=1&amp;b=2</PagePath><ThumbUrl>u</ThumbUrl><ThumbMediaId>m</ThumbMediaId><MsgId>1</MsgId>", "",
			wechat.Inbound{MsgID: "1", Title: "t", ThumbMediaID: "m", Other: []wechat.Field{
				{Path: "AppId", Value: "wx1"}, {Path: "PagePath", Value: "p?a=1&b=2"}, {Path: "ThumbUrl", Value: "u"},
			}},
		},
		{
			"text", "<Content><![CDATA[【收到不支持的消息类型，暂无法显示】]]></Content><MsgId>1</MsgId><bizmsgmenuid>0</bizmsgmenuid>", "【收到不支持的消息类型，暂无法显示】",
			wechat.Inbound{Content: "【收到不支持的消息类型，暂无法显示】", MsgID: "1", MenuID: "0"},
		},
		{
			"voice", "<MediaId>m</MediaId><Format>speex</Format><Recognition><![CDATA[]]></Recognition><MsgId>1</MsgId>", "",
			wechat.Inbound{MediaID: "m", Format: "speex", MsgID: "1"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			t.Parallel()
			got := readInbound(t, inboundXML(tt.kind, tt.children))
			require.Equal(t, head(tt.want, got, tt.kind, ""), got)
			require.Equal(t, tt.kind, got.Kind())
			require.Equal(t, tt.text, got.Text())
			require.False(t, got.IsEvent())
			require.Equal(t, wechat.ConcernConversation, got.Concern())
		})
	}
}

// ACC-12
func TestReadInbound_readsEveryKindOfEvent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		event, children string
		concern         wechat.Concern
		want            wechat.Inbound
	}{
		{
			"subscribe", "<EventKey><![CDATA[qrscene_7]]></EventKey><Ticket>T</Ticket>", wechat.ConcernConversation,
			wechat.Inbound{EventKey: "qrscene_7", Ticket: "T"},
		},
		{"subscribe", "<EventKey><![CDATA[]]></EventKey>", wechat.ConcernConversation, wechat.Inbound{}},
		{"unsubscribe", "<EventKey><![CDATA[]]></EventKey>", wechat.ConcernUnsubscribe, wechat.Inbound{}},
		{"SCAN", "<EventKey>7</EventKey><Ticket>T</Ticket>", wechat.ConcernConversation, wechat.Inbound{EventKey: "7", Ticket: "T"}},
		{
			"LOCATION", "<Latitude>23.1</Latitude><Longitude>113.3</Longitude><Precision>119</Precision>", wechat.ConcernEvent,
			wechat.Inbound{Latitude: "23.1", Longitude: "113.3", Precision: "119"},
		},
		{"CLICK", "<EventKey>k</EventKey>", wechat.ConcernConversation, wechat.Inbound{EventKey: "k"}},
		{"VIEW", "<EventKey>https://x</EventKey><MenuId>4</MenuId>", wechat.ConcernEvent, wechat.Inbound{EventKey: "https://x", ViewMenuID: "4"}},
		{"view_miniprogram", "<EventKey>p</EventKey><MenuID>4</MenuID>", wechat.ConcernEvent, wechat.Inbound{EventKey: "p", ViewMenuID: "4"}},
		{
			"scancode_push", "<EventKey>k</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType>\n<ScanResult>1</ScanResult></ScanCodeInfo>", wechat.ConcernConversation,
			wechat.Inbound{EventKey: "k", ScanCodeInfo: wechat.ScanCodeInfo{ScanType: "qrcode", ScanResult: "1"}},
		},
		{
			"scancode_waitmsg", "<EventKey>k</EventKey><ScanCodeInfo><ScanType>barcode</ScanType><ScanResult>EAN_13,6901</ScanResult></ScanCodeInfo>", wechat.ConcernConversation,
			wechat.Inbound{EventKey: "k", ScanCodeInfo: wechat.ScanCodeInfo{ScanType: "barcode", ScanResult: "EAN_13,6901"}},
		},
		{
			"pic_sysphoto", "<SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item><item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo>", wechat.ConcernConversation,
			wechat.Inbound{SendPicsInfo: wechat.SendPicsInfo{Count: "2", PicMD5s: []string{"a", "b"}}},
		},
		{"pic_photo_or_album", "<EventKey>k</EventKey>", wechat.ConcernConversation, wechat.Inbound{EventKey: "k"}},
		{"pic_weixin", "<EventKey>k</EventKey>", wechat.ConcernConversation, wechat.Inbound{EventKey: "k"}},
		{
			"location_select", "<SendLocationInfo><Location_X>23</Location_X><Location_Y>113</Location_Y><Scale>15</Scale><Label>L</Label><Poiname>P</Poiname></SendLocationInfo>", wechat.ConcernConversation,
			wechat.Inbound{SendLocationInfo: wechat.SendLocationInfo{LocationX: "23", LocationY: "113", Scale: "15", Label: "L", PoiName: "P"}},
		},
		{
			"TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>failed:user block</Status>", wechat.ConcernEvent,
			wechat.Inbound{MsgID: "200163836", Status: "failed:user block"},
		},
		{
			"MASSSENDJOBFINISH", "<MsgID>1</MsgID><Status>sendsuccess</Status><TotalCount>4</TotalCount><FilterCount>3</FilterCount><SentCount>2</SentCount><ErrorCount>1</ErrorCount>", wechat.ConcernEvent,
			wechat.Inbound{MsgID: "1", Status: "sendsuccess", TotalCount: "4", FilterCount: "3", SentCount: "2", ErrorCount: "1"},
		},
		{
			"MASSSENDJOBFINISH", "<MsgID>1</MsgID><CopyrightCheckResult><Count>1</Count><ResultList><item><ArticleIdx>1</ArticleIdx></item></ResultList>" +
				"<CheckState>2</CheckState></CopyrightCheckResult><ArticleUrlResult><Count>1</Count><ResultList><item><ArticleIdx>1</ArticleIdx>" +
				"<ArticleUrl>https://x</ArticleUrl></item></ResultList></ArticleUrlResult>", wechat.ConcernEvent,
			wechat.Inbound{MsgID: "1", Other: fields(
				"CopyrightCheckResult/Count", "1", "CopyrightCheckResult/ResultList/item/ArticleIdx", "1", "CopyrightCheckResult/CheckState", "2",
				"ArticleUrlResult/Count", "1", "ArticleUrlResult/ResultList/item/ArticleIdx", "1", "ArticleUrlResult/ResultList/item/ArticleUrl", "https://x",
			)},
		},
		{
			"PUBLISHJOBFINISH", "<PublishEventInfo><publish_id>9</publish_id><publish_status>0</publish_status><article_id>a</article_id></PublishEventInfo>", wechat.ConcernEvent,
			wechat.Inbound{Other: fields("PublishEventInfo/publish_id", "9", "PublishEventInfo/publish_status", "0", "PublishEventInfo/article_id", "a")},
		},
		{
			"subscribe_msg_popup_event", "<SubscribeMsgPopupEvent><List><TemplateId>t</TemplateId><SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene></List>" +
				"<List><TemplateId>u</TemplateId><SubscribeStatusString>reject</SubscribeStatusString><PopupScene>2</PopupScene></List></SubscribeMsgPopupEvent>", wechat.ConcernEvent,
			wechat.Inbound{Other: fields(
				"SubscribeMsgPopupEvent/List/TemplateId", "t", "SubscribeMsgPopupEvent/List/SubscribeStatusString", "accept", "SubscribeMsgPopupEvent/List/PopupScene", "2",
				"SubscribeMsgPopupEvent/List/TemplateId", "u", "SubscribeMsgPopupEvent/List/SubscribeStatusString", "reject", "SubscribeMsgPopupEvent/List/PopupScene", "2",
			)},
		},
		{
			"subscribe_msg_change_event", "<SubscribeMsgChangeEvent><List><TemplateId>t</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgChangeEvent>", wechat.ConcernEvent,
			wechat.Inbound{Other: fields("SubscribeMsgChangeEvent/List/TemplateId", "t", "SubscribeMsgChangeEvent/List/SubscribeStatusString", "reject")},
		},
		{
			"subscribe_msg_sent_event", "<SubscribeMsgSentEvent><List><TemplateId>t</TemplateId><MsgID>7</MsgID><ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List></SubscribeMsgSentEvent>", wechat.ConcernEvent,
			wechat.Inbound{Other: fields(
				"SubscribeMsgSentEvent/List/TemplateId", "t", "SubscribeMsgSentEvent/List/MsgID", "7", "SubscribeMsgSentEvent/List/ErrorCode", "0", "SubscribeMsgSentEvent/List/ErrorStatus", "success",
			)},
		},
		{"kf_create_session", "<KfAccount>a@b</KfAccount>", wechat.ConcernEvent, wechat.Inbound{KfAccount: "a@b"}},
		{"kf_close_session", "<KfAccount>a@b</KfAccount>", wechat.ConcernEvent, wechat.Inbound{KfAccount: "a@b"}},
		{
			"kf_switch_session", "<FromKfAccount>a@b</FromKfAccount><ToKfAccount>c@b</ToKfAccount>", wechat.ConcernEvent,
			wechat.Inbound{FromKfAccount: "a@b", ToKfAccount: "c@b"},
		},
		{
			"user_info_modified", "<OpenID>o</OpenID><AppID>wx1</AppID><RevokeInfo>205</RevokeInfo>", wechat.ConcernEvent,
			wechat.Inbound{Other: fields("OpenID", "o", "AppID", "wx1", "RevokeInfo", "205")},
		},
		{
			"user_authorization_revoke", "<OpenID>o</OpenID><AppID>wx1</AppID><RevokeInfo>205</RevokeInfo><UnionID>u</UnionID>", wechat.ConcernEvent,
			wechat.Inbound{Other: fields("OpenID", "o", "AppID", "wx1", "RevokeInfo", "205", "UnionID", "u")},
		},
		{
			"user_authorization_cancellation", "<OpenID>o</OpenID><AppID>wx1</AppID>", wechat.ConcernEvent,
			wechat.Inbound{Other: fields("OpenID", "o", "AppID", "wx1")},
		},
		{"qualification_verify_success", "<ExpiredTime>1442401156</ExpiredTime>", wechat.ConcernEvent, wechat.Inbound{Other: fields("ExpiredTime", "1442401156")}},
		{
			"qualification_verify_fail", "<FailTime>1442401122</FailTime><FailReason><![CDATA[by time]]></FailReason>", wechat.ConcernEvent,
			wechat.Inbound{Other: fields("FailTime", "1442401122", "FailReason", "by time")},
		},
		{"naming_verify_success", "<ExpiredTime>1</ExpiredTime>", wechat.ConcernEvent, wechat.Inbound{Other: fields("ExpiredTime", "1")}},
		{"naming_verify_fail", "<FailTime>1</FailTime><FailReason>r</FailReason>", wechat.ConcernEvent, wechat.Inbound{Other: fields("FailTime", "1", "FailReason", "r")}},
		{"annual_renew", "<ExpiredTime>1</ExpiredTime>", wechat.ConcernEvent, wechat.Inbound{Other: fields("ExpiredTime", "1")}},
		{"verify_expired", "<ExpiredTime>1</ExpiredTime>", wechat.ConcernEvent, wechat.Inbound{Other: fields("ExpiredTime", "1")}},
		{
			"user_get_card", "<CardId>c</CardId><IsGiveByFriend>1</IsGiveByFriend><UserCardCode>7</UserCardCode>", wechat.ConcernEvent,
			wechat.Inbound{Other: fields("CardId", "c", "IsGiveByFriend", "1", "UserCardCode", "7")},
		},
		{"guide_qrcode_scan_event", "<openid>o</openid>", wechat.ConcernEvent, wechat.Inbound{Other: fields("openid", "o")}},
		{"debug_demo", "<debug_str>hello world</debug_str>", wechat.ConcernEvent, wechat.Inbound{DebugStr: "hello world"}},
		{"never_heard_of", "", wechat.ConcernEvent, wechat.Inbound{}},
	}
	for _, tt := range tests {
		t.Run(tt.event, func(t *testing.T) {
			t.Parallel()
			got := readInbound(t, inboundXML("event", "<Event><![CDATA["+tt.event+"]]></Event>"+tt.children))
			require.Equal(t, head(tt.want, got, "event", tt.event), got)
			require.Equal(t, tt.event, got.Kind())
			require.Equal(t, tt.concern, got.Concern())
			require.True(t, got.IsEvent())
			require.Empty(t, got.Text())
		})
	}
}

// fields makes pairs of a path and a value.
func fields(pairs ...string) []wechat.Field {
	var all []wechat.Field
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, wechat.Field{Path: pairs[i], Value: pairs[i+1]})
	}
	return all
}

// head fills in what all messages of said have in common.
func head(want wechat.Inbound, got *wechat.Inbound, msgType, event string) *wechat.Inbound {
	want.ToUserName, want.FromUserName = "gh_a1b2c3d4e5f6", "oyORnuP8q7ou2gfYjqLzSIWZf0rs"
	want.CreateTime, want.Created = "1700000000", got.Created
	want.MsgType, want.Event = msgType, event
	return &want
}

// X01, X02, X03, X04, X05, X06, X07
func TestReadInbound_refusesOddXML(t *testing.T) {
	t.Parallel()
	for name, body := range refusedXML() {
		_, err := wechat.ReadInbound([]byte(body))
		require.ErrorIsf(t, err, wechat.ErrInbound, name)
		require.Lessf(t, len(err.Error()), 120, "%s: a reason, not the message", name)
	}
}

// X04
func TestReadInbound_refusesAFieldGivenTwice(t *testing.T) {
	t.Parallel()
	for _, twice := range []string{
		"<FromUserName>oOther</FromUserName>", "<ToUserName>gh_000000000000</ToUserName>", "<MsgType>event</MsgType>",
		"<MsgId>1</MsgId><MsgID>2</MsgID>", "<Content>a</Content><Content>b</Content>",
		"<Content><b>a</b></Content>", "<ScanCodeInfo><ScanType><b/></ScanType></ScanCodeInfo>",
	} {
		_, err := wechat.ReadInbound([]byte(inboundXML("text", twice)))
		require.ErrorIsf(t, err, wechat.ErrInbound, twice)
	}
}

// X08
func TestReadInbound_textIsExact(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"<![CDATA[a]]]]><![CDATA[>b]]>":      "a]]>b",
		"<![CDATA[<b>&amp;</b>]]>":           "<b>&amp;</b>",
		"a&amp;b&lt;c&gt;d&quot;e&apos;f":    `a&b<c>d"e'f`,
		"&#20013;&#x6587;&#x1F600;":          "中文😀",
		"a<![CDATA[b]]>c&#100;<![CDATA[]]>e": "abcde",
		"<![CDATA[ \n]]>":                    " \n",
		"<![CDATA[a\r\nb\rc]]>":              "a\nb\nc",
		"a&#13;b":                            "a\rb",
		"<![CDATA[]]]]>":                     "]]",
		"<![CDATA[\u202Eabc\u0301\u0301😀]]>": "\u202Eabc\u0301\u0301😀",
		"<![CDATA[]]>":                       "",
	} {
		m := readInbound(t, "\xEF\xBB\xBF"+inboundXML("text", "<Content>"+written+"</Content>"))
		require.Equal(t, want, m.Content)
	}
}

func TestReadInbound_readsWhateverXMLCanCarry(t *testing.T) {
	t.Parallel()
	anyRune := rapid.Rune().Filter(func(r rune) bool {
		return utf8.ValidRune(r) && (r >= ' ' || r == '\t' || r == '\n' || r == '\r') && r != 0xFFFE && r != 0xFFFF
	})
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.StringOf(rapid.OneOf(anyRune, rapid.SampledFrom([]rune("]]><&;#\r\n")))).Draw(t, "text")
		var escaped bytes.Buffer
		require.NoError(t, xml.EscapeText(&escaped, []byte(want)))
		m, err := wechat.ReadInbound([]byte(inboundXML("text", "<Content>"+escaped.String()+"</Content>")))
		require.NoError(t, err)
		require.Equal(t, want, m.Content)
	})
}

// X09
func TestReadInbound_messageIDsStayText(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"0", "-1", "0x1F", "12345678901234567890", " 1 ", "abc"} {
		require.Equal(t, id, readInbound(t, inboundXML("text", "<MsgId>"+id+"</MsgId>")).MsgID)
	}
	require.Empty(t, readInbound(t, inboundXML("text", "<MsgId></MsgId>")).MsgID)
}

// X11
func TestReadInbound_flagsAnOddCreateTime(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{"0", "-1", "253402300799", "abc", "1e9", "", "99999999999999999999", "1293839999", "4102444800", "+1700000000"} {
		m := readInbound(t, strings.Replace(inboundXML("text", ""), "1700000000", odd, 1))
		require.Truef(t, m.CreateTimeImplausible, "%q", odd)
		require.Truef(t, m.Created.IsZero(), "%q", odd)
		require.Equal(t, odd, m.CreateTime)
	}
	m := readInbound(t, inboundXML("text", ""))
	require.False(t, m.CreateTimeImplausible)
	require.Equal(t, int64(1_700_000_000), m.Created.Unix())
}

// X12
func TestReadInbound_needsAPlausibleSender(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"", strings.Repeat("o", 200), "o/../x", "o\nx", "o😀", "o x"} {
		_, err := wechat.ReadInbound([]byte(strings.Replace(inboundXML("text", ""), "oyORnuP8q7ou2gfYjqLzSIWZf0rs", from, 1)))
		require.ErrorIsf(t, err, wechat.ErrInbound, "%q", from)
	}
	_, err := wechat.ReadInbound([]byte("<xml/>"))
	require.ErrorIs(t, err, wechat.ErrInbound)
	_, err = wechat.ReadInbound([]byte(inboundXML("", "")))
	require.ErrorIs(t, err, wechat.ErrInbound, "no MsgType")
}

// X14
func TestReadInbound_readsUnknownKinds(t *testing.T) {
	t.Parallel()
	m := readInbound(t, inboundXML("hologram", "<bizmsgmenuid>menu_yes</bizmsgmenuid><Hologram><Size>3</Size></Hologram>"))
	require.Equal(t, "hologram", m.Kind())
	require.Equal(t, "menu_yes", m.MenuID)
	require.Equal(t, []wechat.Field{{Path: "Hologram/Size", Value: "3"}}, m.Other)
	require.Equal(t, "event", readInbound(t, inboundXML("event", "")).Kind(), "an event without a name")
}

// X15
func TestBlank_knowsInvisibleText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", " ", "\t\n\r", "\u200B\u200C\u200D\uFEFF", "\u3000", "\u3164", "\u2800\u2060", "\uFE0F", "\u202E", "\U000E0020"} {
		require.Truef(t, wechat.Blank(s), "%q", s)
	}
	for _, s := range []string{"a", " 。 ", "😀", "\u200Bx", "0", "👨\u200D👩"} {
		require.Falsef(t, wechat.Blank(s), "%q", s)
	}
}

// X16
func TestReadInbound_keepsLongTexts(t *testing.T) {
	t.Parallel()
	for _, s := range []string{strings.Repeat("中", 64<<10/3), strings.Repeat("😀", 20_000), "a" + strings.Repeat("\u0301", 5000), "\u202Eabc"} {
		require.Equal(t, s, readInbound(t, inboundXML("text", "<Content><![CDATA["+s+"]]></Content>")).Content)
	}
}

// X17, X18, X19, X20
func TestReadInbound_codeStaysText(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"<script>alert(1)</script>", "[x](javascript:alert(1))", "{{.}}", "%s%n", "${jndi:ldap://x}", "'; drop table x; --",
		"NaN", "1e999", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "http://169.254.169.254/" + strings.Repeat("a", 8<<10),
	} {
		m := readInbound(t, inboundXML("text", "<Content><![CDATA["+s+"]]></Content><Location_X><![CDATA["+s+"]]></Location_X><PicUrl><![CDATA["+s+
			"]]></PicUrl><Url><![CDATA["+s+"]]></Url>"))
		require.Equal(t, []string{s, s, s, s}, []string{m.Content, m.LocationX, m.PicURL, m.URL})
	}
}

func TestReadInbound_boundsWhatHasNoField(t *testing.T) {
	t.Parallel()
	m := readInbound(t, inboundXML("text", strings.Repeat("<x>1</x>", 10_000)))
	require.Len(t, m.Other, 256)
}

func TestReadInbound_repeatsNothingInItsErrors(t *testing.T) {
	t.Parallel()
	_, err := wechat.ReadInbound([]byte(inboundXML("text", "<canary a='canary'>canary</canary>")))
	require.ErrorIs(t, err, wechat.ErrInbound)
	require.NotContains(t, err.Error(), "canary")
}
