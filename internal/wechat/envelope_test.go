package wechat_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

const safeV2 = "<xml>\n<ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>\n<Encrypt><![CDATA[" + encryptV2 + "]]></Encrypt>\n</xml>"

func TestReadEnvelope_readsSafeMode(t *testing.T) {
	t.Parallel()
	env, err := wechat.ReadEnvelope([]byte(safeV2))
	require.NoError(t, err)
	require.Equal(t, "gh_10f6c3c3ac5a", env.ToUserName)
	require.Equal(t, encryptV2, string(env.Encrypt))
}

func TestReadEnvelope_readsCompatibleMode(t *testing.T) {
	t.Parallel()
	for name, children := range map[string]string{
		"text":          strings.TrimSuffix(strings.TrimPrefix(plainV2, "<xml>"), "</xml>"),
		"nested":        "<ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[<b>&]]></ScanResult></ScanCodeInfo>",
		"five deep":     "<SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum><![CDATA[1]]></PicMd5Sum></item></PicList></SendPicsInfo>",
		"split CDATA":   "<Content><![CDATA[a]]]]><![CDATA[>b]]></Content>",
		"references":    "<Label>a &amp; b &#20013;</Label>",
		"empty element": "<EventKey/><Ticket></Ticket>",
		"Encrypt text":  "<Content><![CDATA[<Encrypt>x</Encrypt>]]></Content>",
	} {
		env, err := wechat.ReadEnvelope([]byte("<xml>" + children + "<Encrypt>abc=</Encrypt></xml>"))
		require.NoErrorf(t, err, name)
		require.Equalf(t, "abc=", string(env.Encrypt), name)
	}
}

func TestReadEnvelope_keepsTheTextAsTransmitted(t *testing.T) {
	t.Parallel()
	env, err := wechat.ReadEnvelope([]byte("<xml><Encrypt><![CDATA[\nab cd\n]]></Encrypt></xml>"))
	require.NoError(t, err)
	require.Equal(t, "\nab cd\n", string(env.Encrypt))

	env, err = wechat.ReadEnvelope([]byte("<xml><Encrypt></Encrypt></xml>"))
	require.NoError(t, err, "for the signature to judge, then for the cipher")
	require.Empty(t, env.Encrypt)
}

func TestReadEnvelope_plainBodyHasNoEncrypt(t *testing.T) {
	t.Parallel()
	_, err := wechat.ReadEnvelope([]byte(plainV2))
	require.ErrorIs(t, err, wechat.ErrNoEncrypt)
	_, err = wechat.ReadEnvelope([]byte("<xml/>"))
	require.ErrorIs(t, err, wechat.ErrNoEncrypt)
}

// C19
func TestReadEnvelope_refusesEmptyBodies(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", " ", "\xEF\xBB\xBF", "x", plainV1c, "<xml>", "<xml></xml", "</xml>", "<"} {
		_, err := wechat.ReadEnvelope([]byte(body))
		require.ErrorIsf(t, err, wechat.ErrEnvelope, "%q", body)
	}
}

// refusedXML is refused by both readers.
func refusedXML() map[string]string {
	const child = "<Encrypt>YQ==</Encrypt>"
	return map[string]string{
		"X01 DOCTYPE":                  "<!DOCTYPE xml><xml>" + child + "</xml>",
		"X01 external entity":          `<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><Content>&x;</Content></xml>`,
		"X01 parameter entity":         `<!DOCTYPE xml [<!ENTITY % x SYSTEM "http://127.0.0.1/">%x;]><xml/>`,
		"X01 entity inside":            `<xml><!ENTITY x "y">` + child + "</xml>",
		"X01 unknown entity":           "<xml><Content>&x;</Content></xml>",
		"X01 processing instruction":   "<?php echo 1 ?><xml>" + child + "</xml>",
		"X01 stylesheet inside":        "<xml><?xml-stylesheet href='x'?>" + child + "</xml>",
		"X02 billion laughs":           `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><xml>&b;</xml>`,
		"X03 depth 200,000":            strings.Repeat("<xml>", 200_000),
		"X03 depth 9":                  strings.Repeat("<xml>", 9) + strings.Repeat("</xml>", 9),
		"X03 200,000 attributes":       "<xml" + strings.Repeat(" a='1'", 200_000) + "></xml>",
		"X03 1 MB name":                "<" + strings.Repeat("x", 1<<20) + "/>",
		"X03 name of 65":               "<xml><" + strings.Repeat("x", 65) + "/></xml>",
		"X04 second document":          "<xml>" + child + "</xml><xml>" + child + "</xml>",
		"X04 text after the root":      "<xml>" + child + "</xml>x",
		"X04 CDATA after the root":     "<xml>" + child + "</xml><![CDATA[ ]]>",
		"X04 reference after the root": "<xml>" + child + "</xml>&#32;",
		"X04 text before the root":     "x<xml>" + child + "</xml>",
		"X05 namespace":                `<xml xmlns="urn:x">` + child + "</xml>",
		"X05 prefix":                   "<a:xml>" + child + "</a:xml>",
		"X05 attribute":                `<xml><Encrypt a="1">YQ==</Encrypt></xml>`,
		"X05 comment":                  "<xml><!-- x -->" + child + "</xml>",
		"X06 GBK declared":             `<?xml version="1.0" encoding="GBK"?><xml>` + child + "</xml>",
		"X06 UTF-8 declared":           `<?xml version="1.0" encoding="UTF-8"?><xml>` + child + "</xml>",
		"X06 UTF-16 bytes":             utf16Bytes("<xml>" + child + "</xml>"),
		"X07 invalid UTF-8":            "<xml><Content><![CDATA[\xff]]></Content></xml>",
		"X07 GBK bytes":                "<xml><Content><![CDATA[\xc4\xe3\xba\xc3]]></Content></xml>",
		"X07 overlong":                 "<xml><Content>\xc0\xaf</Content></xml>",
		"X07 surrogate":                "<xml><Content>\xed\xa0\x80</Content></xml>",
		"X07 NUL":                      "<xml><Content><![CDATA[a\x00b]]></Content></xml>",
		"X07 control character":        "<xml><Content>\x01</Content></xml>",
		"X07 escape":                   "<xml><Content><![CDATA[\x1b[31m]]></Content></xml>",
		"X07 U+FFFE":                   "<xml><Content>\uFFFE</Content></xml>",
		"X07 U+FFFF":                   "<xml><Content>\uFFFF</Content></xml>",
		"X07 NUL by reference":         "<xml><Content>&#0;</Content></xml>",
		"X07 control by reference":     "<xml><Content>&#x1;</Content></xml>",
		"X07 surrogate by reference":   "<xml><Content>&#xD800;</Content></xml>",
		"too large a reference":        "<xml><Content>&#x110000;</Content></xml>",
		"huge reference":               "<xml><Content>&#99999999999999999999;</Content></xml>",
		"empty reference":              "<xml><Content>&;&#;&#x;</Content></xml>",
		"reference breaks off":         "<xml><Content>&amp</Content></xml>",
		"lone ampersand":               "<xml><Content>a & b</Content></xml>",
		"]]> in text":                  "<xml><Content>a]]>b</Content></xml>",
		"CDATA breaks off":             "<xml><Content><![CDATA[a</Content></xml>",
		"end tag differs":              "<xml><Content>a</content></xml>",
		"end tag with attribute":       "<xml></xml a='1'>",
		"space before the name":        "<xml>< Content></Content></xml>",
		"name begins with a digit":     "<xml><1a/></xml>",
		"name not ASCII":               "<xml><é/></xml>",
		"empty name":                   "<xml><></></xml>",
		"other root":                   "<XML></XML>",
		"text between elements":        "<xml>" + child + "x</xml>",
		"text before an element":       "<xml>x" + child + "</xml>",
		"breaks off in a tag":          "<xml><Con",
		"breaks off after a tag":       "<xml><Content>",
	}
}

// X01, X02, X03, X04, X05, X06, X07
func TestReadEnvelope_refusesOddXML(t *testing.T) {
	t.Parallel()
	for name, body := range refusedXML() {
		start := time.Now()
		_, err := wechat.ReadEnvelope([]byte(body))
		require.ErrorIsf(t, err, wechat.ErrEnvelope, name)
		require.Lessf(t, time.Since(start), time.Second, name)
		require.Lessf(t, len(err.Error()), 120, "%s: a reason, not the body", name)
	}
}

// X04
func TestReadEnvelope_refusesTwoEncrypts(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"<xml><Encrypt>YQ==</Encrypt><Encrypt>YQ==</Encrypt></xml>",
		"<xml><Encrypt></Encrypt><Encrypt>YQ==</Encrypt></xml>",
		"<xml><ToUserName>a</ToUserName><ToUserName>b</ToUserName><Encrypt>YQ==</Encrypt></xml>",
		"<xml><ToUserName>\n<b/></ToUserName><Encrypt>YQ==</Encrypt></xml>",
	} {
		_, err := wechat.ReadEnvelope([]byte(body))
		require.ErrorIsf(t, err, wechat.ErrEnvelope, body)
	}
}

// X05
func TestReadEnvelope_encryptIsTextBelowTheRoot(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"<xml><a><Encrypt>YQ==</Encrypt></a></xml>",
		"<xml><Encrypt><b>YQ==</b></Encrypt></xml>",
		"<xml><Encrypt>YQ<b/>==</Encrypt></xml>",
		"<xml><Encrypt>YQ<!-- -->==</Encrypt></xml>",
		"<xml><Encrypt>YQ&#61;=</Encrypt></xml>",
		"<xml><Encrypt>YQ==</Encrypt><a><Encrypt>YQ==</Encrypt></a></xml>",
	} {
		_, err := wechat.ReadEnvelope([]byte(body))
		require.ErrorIsf(t, err, wechat.ErrEnvelope, body)
	}
}

// X08
func TestReadEnvelope_readsBOMAndSplitCDATA(t *testing.T) {
	t.Parallel()
	env, err := wechat.ReadEnvelope([]byte("\xEF\xBB\xBF" + safeV2 + "\n"))
	require.NoError(t, err)
	require.Equal(t, encryptV2, string(env.Encrypt))

	env, err = wechat.ReadEnvelope([]byte("<xml><Encrypt><![CDATA[YQ]]><![CDATA[==]]></Encrypt></xml>"))
	require.NoError(t, err)
	require.Equal(t, "YQ==", string(env.Encrypt))
}

func utf16Bytes(s string) string {
	b := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}
