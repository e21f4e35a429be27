package delivery_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/simulatortest"
)

func TestJudge_showsACorrectReply(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ mode, body, text string }{
		"safe":                 {"safe", simulatortest.Wrapped(simulatortest.TextReply("好的")), "好的"},
		"compatible encrypted": {"compatible", simulatortest.Wrapped(simulatortest.TextReply("好的")), "好的"},
		"compatible plain":     {"compatible", simulatortest.TextReply("好的"), "好的"},
		"plain":                {"plain", simulatortest.TextReply("好的"), "好的"},
		"2048 bytes":           {"safe", simulatortest.Wrapped(simulatortest.TextReply(strings.Repeat("a", 2048))), strings.Repeat("a", 2048)},
		"split CDATA":          {"plain", simulatortest.TextReply("a]]]]><![CDATA[>b"), "a]]>b"},
		"spare key bits":       {"safe", simulatortest.Wrap(simulatortest.TextReply("好的"), simulatortest.Token, simulatortest.AESKey[:42]+"E", simulatortest.AppID), "好的"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := simulatortest.New(t)
			w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"mode":"`+row.mode+`"}`, 200)
			w.Server.Answers(func(simulatortest.Received) (int, string) { return 200, row.body })
			verdict, attempts := w.Say("hello")
			require.Equal(t, "replied", verdict, w.Attempts()[0].Reason)
			require.Equal(t, 1, attempts)
			screen := w.Screen()
			require.Equal(t, []string{"passive: " + row.text}, w.Heard())
			require.Equal(t, screen[0].MsgID, screen[1].InReplyTo)
		})
	}
}

func TestJudge_showsTheFaultNoticeAtOnce(t *testing.T) {
	t.Parallel()
	swapped := strings.NewReplacer(simulatortest.OpenID, simulatortest.OriginalID, simulatortest.OriginalID, simulatortest.OpenID).Replace(simulatortest.TextReply("hi"))
	wrapped := func(encrypt string) string {
		return simulatortest.Wrapper(encrypt, simulatortest.Token, "1700000001", "12345")
	}
	sealed := simulatortest.Seal(simulatortest.TextReply("hi"), simulatortest.AESKey, simulatortest.AppID)
	for name, row := range map[string]struct{ mode, body, reason string }{
		"success with a line end":    {"safe", "success\n", "does not begin with <xml>"},
		"Success":                    {"safe", "Success", "does not begin with <xml>"},
		"JSON":                       {"safe", `{"code":0}`, "does not begin with <xml>"},
		"HTML":                       {"safe", "<html><body>ok</body></html>", "does not begin with <xml>"},
		"byte order mark":            {"plain", "\ufeff" + simulatortest.TextReply("hi"), "does not begin with <xml>"},
		"space before":               {"plain", " " + simulatortest.TextReply("hi"), "does not begin with <xml>"},
		"bytes behind":               {"plain", simulatortest.TextReply("hi") + "\n", "bytes follow"},
		"cut off":                    {"plain", strings.TrimSuffix(simulatortest.TextReply("hi"), "</xml>"), "not XML"},
		"DOCTYPE":                    {"plain", "<xml><!DOCTYPE x></xml>", "DOCTYPE"},
		"comment":                    {"plain", "<xml><!-- hi --></xml>", "comment"},
		"attribute":                  {"plain", `<xml><MsgType a="b">text</MsgType></xml>`, "attribute"},
		"invalid UTF-8":              {"plain", simulatortest.TextReply("\xff"), "not XML"},
		"control character":          {"plain", simulatortest.TextReply("\x01"), "not XML"},
		"empty content":              {"plain", simulatortest.TextReply(""), "Content is missing or empty"},
		"two contents":               {"plain", strings.Replace(simulatortest.TextReply("hi"), "<MsgType>", "<Content>a</Content><MsgType>", 1), "2 times"},
		"2049 bytes":                 {"plain", simulatortest.TextReply(strings.Repeat("a", 2049)), "2049 bytes"},
		"not swapped":                {"plain", swapped, "not swapped"},
		"another customer":           {"plain", strings.Replace(simulatortest.TextReply("hi"), simulatortest.OpenID, "oSomebodyElse", 1), "wrong"},
		"another account":            {"plain", strings.Replace(simulatortest.TextReply("hi"), simulatortest.OriginalID, "gh_ffffffffffff", 1), "wrong"},
		"milliseconds in CreateTime": {"plain", strings.Replace(simulatortest.TextReply("hi"), "1700000000", "1700000000000", 1), "not in seconds"},
		"no MsgType":                 {"plain", strings.Replace(simulatortest.TextReply("hi"), "<![CDATA[text]]>", "", 1), "MsgType is missing"},
		"unknown MsgType":            {"plain", strings.Replace(simulatortest.TextReply("hi"), "[text]", "[sms]", 1), "MsgType is unknown"},
		"encrypted in plain mode":    {"plain", simulatortest.Wrapped(simulatortest.TextReply("hi")), "mode is plain"},
		"plain in safe mode":         {"safe", simulatortest.TextReply("hi"), "not encrypted"},
		"encrypted success":          {"safe", simulatortest.Wrapped("success"), "does not begin with <xml>"},
		"wrapper in a wrapper":       {"safe", simulatortest.Wrapped(simulatortest.Wrapped(simulatortest.TextReply("hi"))), "ToUserName is missing"},
		"wrong signature":            {"safe", simulatortest.Wrap(simulatortest.TextReply("hi"), "othertoken", simulatortest.AESKey, simulatortest.AppID), "MsgSignature is wrong"},
		"signature in capitals":      {"safe", capitalSignature(simulatortest.Wrapped(simulatortest.TextReply("hi"))), "MsgSignature is wrong"},
		"no TimeStamp":               {"safe", strings.Replace(simulatortest.Wrapped(simulatortest.TextReply("hi")), "<TimeStamp>1700000001</TimeStamp>", "", 1), "TimeStamp is missing"},
		"milliseconds in TimeStamp":  {"safe", simulatortest.Wrapper(sealed, simulatortest.Token, "1700000001000", "12345"), "not in seconds"},
		"another key":                {"safe", simulatortest.Wrap(simulatortest.TextReply("hi"), simulatortest.Token, simulatortest.OlderKey, simulatortest.AppID), "decrypt: "},
		"foreign AppID":              {"safe", simulatortest.Wrap(simulatortest.TextReply("hi"), simulatortest.Token, simulatortest.AESKey, "wxffffffffffffffff"), "another account's"},
		"longer AppID":               {"safe", simulatortest.Wrap(simulatortest.TextReply("hi"), simulatortest.Token, simulatortest.AESKey, simulatortest.AppID+"0"), "another account's"},
		"not base64":                 {"safe", wrapped("%%%%"), "not base64"},
		"line break in base64":       {"safe", wrapped(sealed[:64] + "\n" + sealed[64:]), "line break"},
		"ciphertext of 16 bytes":     {"safe", wrapped("AAAAAAAAAAAAAAAAAAAAAA=="), "16 bytes"},
		"wrong padding":              {"safe", wrapped(strings.Repeat("A", 86) + "=="), "padding"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := simulatortest.New(t)
			w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"mode":"`+row.mode+`"}`, 200)
			w.Server.Answers(func(simulatortest.Received) (int, string) { return 200, row.body })
			verdict, attempts := w.Say("hello")
			require.Equal(t, "failed", verdict)
			require.Equal(t, 1, attempts, "a malformed answer is not asked for again")
			require.Equal(t, []string{"notice: " + delivery.FaultNotice}, w.Heard())
			require.Equal(t, "malformed", w.Attempts()[0].Verdict)
			require.Contains(t, w.Attempts()[0].Reason, row.reason)
		})
	}
}

func TestJudge_knowsTheOtherKindsOfReply(t *testing.T) {
	t.Parallel()
	article := "<item><Title>T1</Title><Description>D</Description><PicUrl>p</PicUrl><Url>u</Url></item>"
	for name, row := range map[string]struct{ kind, children, verdict, heard string }{
		"image":                     {"image", "<Image><MediaId>IMAGE</MediaId></Image>", "replied", "passive: "},
		"image nobody uploaded":     {"image", "<Image><MediaId>m</MediaId></Image>", "failed", "notice: " + delivery.FaultNotice},
		"voice":                     {"voice", "<Voice><MediaId>VOICE</MediaId></Voice>", "replied", "passive: "},
		"voice that is a picture":   {"voice", "<Voice><MediaId>IMAGE</MediaId></Voice>", "failed", "notice: " + delivery.FaultNotice},
		"music":                     {"music", "<Music><Title>M</Title><ThumbMediaId>THUMB</ThumbMediaId></Music>", "replied", "passive: M"},
		"mixed Articles":            {"news", "<ArticleCount>1</ArticleCount><Articles><article><Title>T</Title></article></Articles>", "failed", "notice: " + delivery.FaultNotice},
		"article without a title":   {"news", "<ArticleCount>1</ArticleCount><Articles><item><Url>u</Url></item></Articles>", "failed", "notice: " + delivery.FaultNotice},
		"no articles":               {"news", "<ArticleCount>0</ArticleCount><Articles></Articles>", "failed", "notice: " + delivery.FaultNotice},
		"AI answer":                 {"transfer_biz_ai_ivr", "", "accepted", ""},
		"image without media":       {"image", "<Image></Image>", "failed", "notice: " + delivery.FaultNotice},
		"video":                     {"video", "<Video><MediaId>VIDEO</MediaId><Title>V</Title></Video>", "replied", "passive: V"},
		"music without a thumb":     {"music", "<Music><Title>M</Title></Music>", "failed", "notice: " + delivery.FaultNotice},
		"news":                      {"news", "<ArticleCount>1</ArticleCount><Articles>" + article + "</Articles>", "replied", "passive: T1"},
		"two articles to a message": {"news", "<ArticleCount>2</ArticleCount><Articles>" + article + article + "</Articles>", "replied", "passive: T1"},
		"miscounted articles":       {"news", "<ArticleCount>2</ArticleCount><Articles>" + article + "</Articles>", "failed", "notice: " + delivery.FaultNotice},
		"transfer":                  {"transfer_customer_service", "", "accepted", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := simulatortest.New(t)
			body := w.WithMedia(strings.Replace(simulatortest.TextReply("x"), "<![CDATA[text]]></MsgType><Content><![CDATA[x]]></Content>", row.kind+"</MsgType>"+row.children, 1))
			w.Server.Answers(func(simulatortest.Received) (int, string) { return 200, simulatortest.Wrapped(body) })
			verdict, _ := w.Say("hello")
			require.Equal(t, row.verdict, verdict, w.Attempts()[0].Reason)
			require.Equal(t, row.heard, strings.Join(w.Heard(), "|"))
		})
	}
}

func TestJudge_showsTheFaultNoticeForEvents(t *testing.T) {
	t.Parallel()
	item := "<item><Title>T</Title></item>"
	for name, row := range map[string]struct{ kind, children string }{
		"customer service": {"transfer_customer_service", ""},
		"WeChat's AI":      {"transfer_biz_ai_ivr", ""},
		"nine articles":    {"news", "<ArticleCount>9</ArticleCount><Articles>" + strings.Repeat(item, 9) + "</Articles>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := simulatortest.New(t)
			body := strings.Replace(simulatortest.TextReply("x"), "<![CDATA[text]]></MsgType><Content><![CDATA[x]]></Content>", row.kind+"</MsgType>"+row.children, 1)
			w.Server.Answers(func(simulatortest.Received) (int, string) { return 200, simulatortest.Wrapped(body) })
			verdict, _ := w.Act(`{"kind":"click","key":"HELP"}`)
			require.Equal(t, "failed", verdict)
			require.Equal(t, []string{"CLICK", "text"}, []string{w.Screen()[0].Kind, w.Screen()[1].Kind})
			require.Equal(t, []string{"notice: " + delivery.FaultNotice}, w.Heard())
		})
	}
}

func TestJudge_showsNothingAfterViewEvents(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Server.Answers(func(simulatortest.Received) (int, string) {
		return 200, simulatortest.Wrapped(simulatortest.TextReply("hi"))
	})
	verdict, _ := w.Act(`{"kind":"view","url":"https://shop.example/"}`)
	require.Equal(t, "accepted", verdict)
	w.Server.Answers(func(simulatortest.Received) (int, string) { return 200, "nonsense" })
	verdict, _ = w.Act(`{"kind":"view","url":"https://shop.example/"}`)
	require.Equal(t, "failed", verdict)
	require.Empty(t, w.Heard())
}

func capitalSignature(wrapper string) string {
	head, rest, _ := strings.Cut(wrapper, "<MsgSignature><![CDATA[")
	return head + "<MsgSignature><![CDATA[" + strings.ToUpper(rest[:40]) + rest[40:]
}
