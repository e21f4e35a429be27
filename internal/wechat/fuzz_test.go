package wechat_test

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"wxdesk/internal/wechat"
)

// FuzzVerifySignature holds the verifier against the rule as the platform words it: sort, join, SHA-1, lower-case hex.
func FuzzVerifySignature(f *testing.F) {
	f.Add("f464b24fc39322e44b38aa78f5edd27bd1441696", "AAAAA", "1714036504", "1514711492", "")
	f.Add("046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", "AAAAA", "1714112445", "415670741", encryptV1c)
	f.Add("5d197aaffba7e9b25a30732f161a50dee96bd5fa", "spamtest", "1409735669", "1320562132", encryptV2)
	f.Add("1495c4dfd4958d4e5faf618978ae66943a042f87", "pcoLldqMu2WQQtYBeDX5HiXPsBFlTnDM", "1623292419", "1623324060", echoV7b)
	f.Add("DD149BCBB92CD7A3ADAA27B8DDD79E2A56F252A5", "spamtest", "1700000000", "12345", encryptS1)
	f.Add("da39a3ee5e6b4b0d3255bfef95601890afd80709", "", "", "", "")
	f.Fuzz(func(t *testing.T, got, token, timestamp, nonce, encrypt string) {
		parts := []string{timestamp, nonce}
		if encrypt != "" {
			parts = append(parts, encrypt)
		}
		sorted := append([]string{token}, parts...)
		sort.Strings(sorted)
		want := fmt.Sprintf("%x", sha1.Sum([]byte(strings.Join(sorted, ""))))
		if verified := wechat.VerifySignature(got, token, parts...); verified != (got == want && token != "") {
			t.Fatalf("%q for %q, which is %q: %t", got, sorted, want, verified)
		}
		if token != "" && !wechat.VerifySignature(want, token, parts...) {
			t.Fatal("the right one is refused")
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	f.Add(queryV1c)
	f.Add("signature=f464b24fc39322e44b38aa78f5edd27bd1441696&timestamp=1714036504&nonce=1514711492&echostr=4375120948345356249")
	f.Add("timestamp=12345&nonce=1700000000&signature=a&signature=b")
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := wechat.ParseQuery(raw)
		switch {
		case err != nil && !errors.Is(err, wechat.ErrQuery):
			t.Fatalf("foreign error %v", err)
		case err == nil && (len(q.Timestamp) != 10 || q.Nonce == "" || len(q.Nonce) > 64 || q.Time.Unix() < 0):
			t.Fatalf("accepted %+v", q)
		}
	})
}

func FuzzReadEnvelope(f *testing.F) {
	f.Add([]byte(safeV2))
	f.Add([]byte(plainV2))
	f.Add([]byte(plainV6b))
	for _, body := range refusedXML() {
		if len(body) < 4096 {
			f.Add([]byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		env, err := wechat.ReadEnvelope(body)
		if err != nil {
			if !errors.Is(err, wechat.ErrEnvelope) && !errors.Is(err, wechat.ErrNoEncrypt) {
				t.Fatalf("foreign error %v", err)
			}
			return
		}
		var reference struct {
			XMLName    xml.Name `xml:"xml"`
			ToUserName string
			Encrypt    string
		}
		if err := xml.Unmarshal(body, &reference); err != nil {
			t.Fatalf("encoding/xml refuses what we take: %v", err)
		}
		if reference.ToUserName != env.ToUserName || reference.Encrypt != string(env.Encrypt) {
			t.Fatalf("encoding/xml reads %+v, we read %q %q", reference, env.ToUserName, env.Encrypt)
		}
	})
}

func FuzzReadInbound(f *testing.F) {
	f.Add([]byte(plainV2))
	f.Add([]byte(plainV6b))
	f.Add([]byte(inboundXML("event", "<Event>pic_weixin</Event><EventKey/><SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item></PicList></SendPicsInfo>")))
	f.Add([]byte(inboundXML("event", "<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult><![CDATA[1]]></ScanResult></ScanCodeInfo>")))
	f.Add([]byte(inboundXML("text", "<Content>a&amp;b&#x4e2d;\r\n<![CDATA[c]]]]><![CDATA[>d]]></Content><MsgId>1</MsgId>")))
	for _, body := range refusedXML() {
		if len(body) < 4096 {
			f.Add([]byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, plain []byte) { agree(t, plain) })
}

// Random bytes seldom make a document; pieces of documents often do.
func TestReadInbound_readsAsEncodingXMLDoes(t *testing.T) {
	t.Parallel()
	pieces := rapid.SampledFrom([]string{
		"<Content>", "</Content>", "<Content/>", "<SendPicsInfo>", "</SendPicsInfo>", "<PicList>", "</PicList>", "<item>", "</item>",
		"<PicMd5Sum>", "</PicMd5Sum>", "<Count>", "</Count>", "<x>", "</x>", "<x />", "<MsgId>", "</MsgId>", "<MsgID>", "</MsgID >",
		"<![CDATA[", "]]>", "]]", "]", ">", "<", "&", "&amp;", "&lt;", "&#65;", "&#x4e2d;", "&#13;", "&#0;", ";", "\r", "\n", "\r\n", " ", "a", "中",
		"<!-- -->", "<?x?>", "<!x>", "=", "'", "\"", "/", "\x00", "\xff", "\uFFFE", "\u0085", "\u2028", "\uFEFF",
	})
	rapid.Check(t, func(t *rapid.T) {
		children := strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "children"), "")
		agree(t, []byte(inboundXML("text", children)))
		agree(t, []byte(inboundXML("text", "<Content>"+children+"</Content>")))
		agree(t, []byte(inboundXML("text", "<Content><![CDATA["+children+"]]></Content>")))
	})
}

type fatal interface {
	Fatalf(format string, args ...any)
}

// agree demands that what we take, encoding/xml takes and reads the same.
func agree(t fatal, plain []byte) {
	m, err := wechat.ReadInbound(plain)
	if err != nil {
		if !errors.Is(err, wechat.ErrInbound) {
			t.Fatalf("foreign error %v", err)
		}
		return
	}
	wechat.MessageKey(idKey, "account", m)
	m.Concern()
	var reference wechat.ReferenceInbound
	if err := xml.Unmarshal(plain, &reference); err != nil {
		t.Fatalf("encoding/xml refuses what we take: %v", err)
	}
	if reference.MsgID == "" {
		reference.MsgID = reference.JobMsgID
	}
	want := []string{
		reference.ToUserName, reference.FromUserName, reference.CreateTime, reference.MsgType, reference.MsgID,
		reference.MsgDataID, reference.Idx, reference.Content, reference.MenuID, reference.PicURL, reference.MediaID,
		reference.MediaID16K, reference.ThumbMediaID, reference.Format, reference.Recognition, reference.LocationX,
		reference.LocationY, reference.Scale, reference.Label, reference.Title, reference.Description, reference.URL,
		reference.Event, reference.EventKey, reference.Ticket, reference.ScanType, reference.ScanResult, reference.PicCount,
		reference.PoiName, reference.Status, reference.DebugStr, joined(reference.PicMD5s),
	}
	got := []string{
		m.ToUserName, string(m.FromUserName), m.CreateTime, m.MsgType, m.MsgID,
		m.MsgDataID, m.Idx, m.Content, m.MenuID, m.PicURL, m.MediaID,
		m.MediaID16K, m.ThumbMediaID, m.Format, m.Recognition, m.LocationX,
		m.LocationY, m.Scale, m.Label, m.Title, m.Description, m.URL,
		m.Event, m.EventKey, m.Ticket, m.ScanCodeInfo.ScanType, m.ScanCodeInfo.ScanResult, m.SendPicsInfo.Count,
		m.SendLocationInfo.PoiName, m.Status, m.DebugStr, joined(m.SendPicsInfo.PicMD5s),
	}
	for i := range want {
		if want[i] != got[i] {
			t.Fatalf("field %d: encoding/xml reads %q, we read %q", i, want[i], got[i])
		}
	}
}

// joined leaves out empty sums, which we do not keep.
func joined(sums []string) string {
	kept := make([]string, 0, len(sums))
	for _, s := range sums {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, "|")
}

// FuzzOpen takes base64 text, raw ciphertext, and frames encrypted with the right key, since only those reach the last
// checks.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(encryptV2))
	f.Add([]byte(encryptS1))
	f.Add([]byte(encryptS3))
	f.Add(padded(frame(f, 6, "<xml/>", string(appIDV2))))
	f.Add(padded(frame(f, 0xFFFFFFF0, "<xml/>", string(appIDV2))))
	c := newCipher(f, keyABC, appIDV2)
	open := func(t *testing.T, text []byte) {
		msg, err := c.Open(text)
		if err == nil && len(msg) > len(text) {
			t.Fatal("the message is longer than what it came in")
		}
		if err != nil && !errors.Is(err, wechat.ErrUndecipherable) && !errors.Is(err, wechat.ErrForeignAppID) {
			t.Fatalf("foreign error %v", err)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		open(t, data)
		open(t, []byte(base64.StdEncoding.EncodeToString(data)))
		open(t, encryptFrame(t, keyABC, data[:len(data)/16*16]))
	})
}
