package simulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/envelope"
)

func TestJudge_showsACorrectReply(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ mode, body, text string }{
		"safe":                 {"safe", wrapped(textReply("好的")), "好的"},
		"compatible encrypted": {"compatible", wrapped(textReply("好的")), "好的"},
		"compatible plain":     {"compatible", textReply("好的"), "好的"},
		"plain":                {"plain", textReply("好的"), "好的"},
		"2048 bytes":           {"safe", wrapped(textReply(strings.Repeat("a", 2048))), strings.Repeat("a", 2048)},
		"split CDATA":          {"plain", textReply("a]]]]><![CDATA[>b"), "a]]>b"},
		"spare key bits":       {"safe", wrap(textReply("好的"), token, aesKey[:42]+"E", appID), "好的"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.do("PATCH", "/_sim/accounts/"+appID, `{"mode":"`+row.mode+`"}`, 200)
			w.server.answers(func(received) (int, string) { return 200, row.body })
			verdict, attempts := w.say("hello")
			require.Equal(t, "replied", verdict, w.attempts()[0].Reason)
			require.Equal(t, 1, attempts)
			screen := w.screen()
			require.Equal(t, []string{"passive: " + row.text}, w.heard())
			require.Equal(t, screen[0].MsgID, screen[1].InReplyTo)
		})
	}
}

func TestJudge_showsTheFaultNoticeAtOnceForAnythingElse(t *testing.T) {
	t.Parallel()
	swapped := strings.NewReplacer(openID, originalID, originalID, openID).Replace(textReply("hi"))
	sealed := func(frame string) string { return wrapper(frame, token, "1700000001", "12345") }
	for name, row := range map[string]struct{ mode, body, reason string }{
		"success with a line end":    {"safe", "success\n", "does not begin with <xml>"},
		"Success":                    {"safe", "Success", "does not begin with <xml>"},
		"JSON":                       {"safe", `{"code":0}`, "does not begin with <xml>"},
		"HTML":                       {"safe", "<html><body>ok</body></html>", "does not begin with <xml>"},
		"byte order mark":            {"plain", "\ufeff" + textReply("hi"), "does not begin with <xml>"},
		"space before":               {"plain", " " + textReply("hi"), "does not begin with <xml>"},
		"bytes behind":               {"plain", textReply("hi") + "\n", "bytes follow"},
		"cut off":                    {"plain", strings.TrimSuffix(textReply("hi"), "</xml>"), "not XML"},
		"DOCTYPE":                    {"plain", "<xml><!DOCTYPE x></xml>", "DOCTYPE"},
		"comment":                    {"plain", "<xml><!-- hi --></xml>", "comment"},
		"attribute":                  {"plain", `<xml><MsgType a="b">text</MsgType></xml>`, "attribute"},
		"invalid UTF-8":              {"plain", textReply("\xff"), "not XML"},
		"control character":          {"plain", textReply("\x01"), "not XML"},
		"empty content":              {"plain", textReply(""), "Content is missing or empty"},
		"two contents":               {"plain", strings.Replace(textReply("hi"), "<MsgType>", "<Content>a</Content><MsgType>", 1), "2 times"},
		"2049 bytes":                 {"plain", textReply(strings.Repeat("a", 2049)), "2049 bytes"},
		"not swapped":                {"plain", swapped, "not swapped"},
		"another customer":           {"plain", strings.Replace(textReply("hi"), openID, "oSomebodyElse", 1), "wrong"},
		"another account":            {"plain", strings.Replace(textReply("hi"), originalID, "gh_ffffffffffff", 1), "wrong"},
		"milliseconds in CreateTime": {"plain", strings.Replace(textReply("hi"), "1700000000", "1700000000000", 1), "not in seconds"},
		"no MsgType":                 {"plain", strings.Replace(textReply("hi"), "<![CDATA[text]]>", "", 1), "MsgType is missing"},
		"unknown MsgType":            {"plain", strings.Replace(textReply("hi"), "[text]", "[sms]", 1), "MsgType is unknown"},
		"encrypted in plain mode":    {"plain", wrapped(textReply("hi")), "mode is plain"},
		"plain in safe mode":         {"safe", textReply("hi"), "not encrypted"},
		"encrypted success":          {"safe", wrapped("success"), "does not begin with <xml>"},
		"wrapper in a wrapper":       {"safe", wrapped(wrapped(textReply("hi"))), "ToUserName is missing"},
		"wrong signature":            {"safe", wrap(textReply("hi"), "othertoken", aesKey, appID), "MsgSignature is wrong"},
		"signature in capitals":      {"safe", capitalSignature(wrapped(textReply("hi"))), "MsgSignature is wrong"},
		"no TimeStamp":               {"safe", strings.Replace(wrapped(textReply("hi")), "<TimeStamp>1700000001</TimeStamp>", "", 1), "TimeStamp is missing"},
		"milliseconds in TimeStamp":  {"safe", wrapper(seal(textReply("hi"), appID), token, "1700000001000", "12345"), "not in seconds"},
		"another key":                {"safe", wrap(textReply("hi"), token, olderKey, appID), "decrypt: "},
		"foreign AppID":              {"safe", wrap(textReply("hi"), token, aesKey, "wxffffffffffffffff"), "another account's"},
		"longer AppID":               {"safe", wrap(textReply("hi"), token, aesKey, appID+"0"), "another account's"},
		"not base64":                 {"safe", sealed("%%%%"), "not base64"},
		"line break in base64":       {"safe", sealed(seal(textReply("hi"), appID)[:64] + "\n" + seal(textReply("hi"), appID)[64:]), "line break"},
		"ciphertext of 16 bytes":     {"safe", sealed("AAAAAAAAAAAAAAAAAAAAAA=="), "16 bytes"},
		"wrong padding":              {"safe", sealed(strings.Repeat("A", 86) + "=="), "padding"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.do("PATCH", "/_sim/accounts/"+appID, `{"mode":"`+row.mode+`"}`, 200)
			w.server.answers(func(received) (int, string) { return 200, row.body })
			verdict, attempts := w.say("hello")
			require.Equal(t, "failed", verdict)
			require.Equal(t, 1, attempts, "a malformed answer is not asked for again")
			require.Equal(t, []string{"notice: " + delivery.FaultNotice}, w.heard())
			require.Equal(t, "malformed", w.attempts()[0].Verdict)
			require.Contains(t, w.attempts()[0].Reason, row.reason)
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
			w := newWorld(t)
			body := w.withMedia(strings.Replace(textReply("x"), "<![CDATA[text]]></MsgType><Content><![CDATA[x]]></Content>", row.kind+"</MsgType>"+row.children, 1))
			w.server.answers(func(received) (int, string) { return 200, wrapped(body) })
			verdict, _ := w.say("hello")
			require.Equal(t, row.verdict, verdict, w.attempts()[0].Reason)
			require.Equal(t, row.heard, strings.Join(w.heard(), "|"))
		})
	}
}

func TestJudge_showsTheFaultNoticeForWhatEventsAreNotAnsweredWith(t *testing.T) {
	t.Parallel()
	item := "<item><Title>T</Title></item>"
	for name, row := range map[string]struct{ kind, children string }{
		"customer service": {"transfer_customer_service", ""},
		"WeChat's AI":      {"transfer_biz_ai_ivr", ""},
		"nine articles":    {"news", "<ArticleCount>9</ArticleCount><Articles>" + strings.Repeat(item, 9) + "</Articles>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			body := strings.Replace(textReply("x"), "<![CDATA[text]]></MsgType><Content><![CDATA[x]]></Content>", row.kind+"</MsgType>"+row.children, 1)
			w.server.answers(func(received) (int, string) { return 200, wrapped(body) })
			verdict, _ := w.act(`{"kind":"click","key":"HELP"}`)
			require.Equal(t, "failed", verdict)
			require.Equal(t, []string{"CLICK", "text"}, []string{w.screen()[0].Kind, w.screen()[1].Kind})
			require.Equal(t, []string{"notice: " + delivery.FaultNotice}, w.heard())
		})
	}
}

func TestJudge_showsNothingInAnswerToEventsNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.answers(func(received) (int, string) { return 200, wrapped(textReply("hi")) })
	verdict, _ := w.act(`{"kind":"view","url":"https://shop.example/"}`)
	require.Equal(t, "accepted", verdict)
	w.server.answers(func(received) (int, string) { return 200, "nonsense" })
	verdict, _ = w.act(`{"kind":"view","url":"https://shop.example/"}`)
	require.Equal(t, "failed", verdict)
	require.Empty(t, w.heard())
}

func seal(reply, id string) string {
	key, _ := envelope.ParseKey(aesKey)
	return envelope.Seal(key, [16]byte{}, []byte(reply), id)
}

func capitalSignature(wrapper string) string {
	head, rest, _ := strings.Cut(wrapper, "<MsgSignature><![CDATA[")
	return head + "<MsgSignature><![CDATA[" + strings.ToUpper(rest[:40]) + rest[40:]
}
