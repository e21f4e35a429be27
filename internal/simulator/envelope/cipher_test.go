package envelope_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/envelope"
)

const sampleKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

// The published vectors of wechat-protocol section 13, and the boundary ones made for this project.
func TestSign_matchesPublishedVectors(t *testing.T) {
	for name, v := range map[string]struct {
		want  string
		parts []string
	}{
		"V1a":         {"f464b24fc39322e44b38aa78f5edd27bd1441696", []string{"AAAAA", "1714036504", "1514711492"}},
		"V1b":         {"899cf89e464efb63f54ddac96b0a0a235f53aa78", []string{"AAAAA", "1714037059", "486452656"}},
		"V1c":         {"6c5c811b55cc85e0e1b54100749188c20beb3f5d", []string{"AAAAA", "1714112445", "415670741"}},
		"V1c message": {"046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", []string{"AAAAA", "1714112445", "415670741", v1c}},
		"V1d":         {"1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1", []string{"AAAAA", "1713424427", "415670741", v1d}},
		"V2":          {"5d197aaffba7e9b25a30732f161a50dee96bd5fa", []string{"spamtest", "1409735669", "1320562132", v2}},
		"V6a":         {"dd6b9c95b495b3f7e2901bfbc76c664930ffdb96", []string{"123456", "1411443780", "437374425", v6a}},
		"V6b":         {"74d92dfeb87ba7c714f89d98870ae5eb62dff26d", []string{"123456", "1411525903", "461056294", v6b}},
		"V7b":         {"1495c4dfd4958d4e5faf618978ae66943a042f87", []string{"pcoLldqMu2WQQtYBeDX5HiXPsBFlTnDM", "1623292419", "1623324060", v7b}},
		"V8":          {"8edac0945683c119ee71c9f6256d76c48aa08a96", []string{"RMNlACHlV5ThzfRlVS4D4", "timestamp", "nonce", "encrypt"}},
		"S1":          {"dd149bcbb92cd7a3adaa27b8ddd79e2a56f252a5", []string{"spamtest", "1700000000", "12345", s1}},
		"S2":          {"158efa115ec6eb6fd0694505eab18c98d34b44af", []string{"spamtest", "1700000000", "12345", s2}},
		"S3":          {"7cb80f2061d8bad44dd7af687f2f5af5ecbd14b3", []string{"spamtest", "1700000000", "12345", s3}},
		"S URL":       {"b954ecd9c61ecbf8d61690071f81b65741cbb1ba", []string{"spamtest", "1700000000", "12345"}},
		"sort digit":  {"9786cab6f511043962b64b302efbe59046c440ec", []string{"1abc", "1700000000", "9"}},
		"sort letter": {"0dd1eb6002c6257ddc02355803945a4c194c3363", []string{"Zeta", "1700000000", "9"}},
	} {
		require.Equal(t, v.want, envelope.Sign(v.parts...), name)
	}
}

func TestCipher_matchesPublishedVectors(t *testing.T) {
	for name, v := range map[string]struct {
		key, random, appID, encrypt string
		msg                         string
	}{
		"V1c": {
			strings.Repeat("A", 43), "a8eedb185eb2fecf", "wxba5fad812f8e6fb9", v1c,
			`{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}`,
		},
		"V1d": {strings.Repeat("A", 43), "707722b803182950", "wxba5fad812f8e6fb9", v1d, `{"demo_resp":"good luck"}`},
		"V2": {sampleKey, "89465c840c5f116f", "wx2c2769f8efd9abc2", v2, "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>\n" +
			"<FromUserName><![CDATA[oyORnuP8q7ou2gfYjqLzSIWZf0rs]]></FromUserName>\n<CreateTime>1409735668</CreateTime>\n" +
			"<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[abcdteT]]></Content>\n<MsgId>6054768590064713728</MsgId>\n</xml>"},
		"V3a": {sampleKey, "aaaabbbbccccdddd", "wxb11529c136998cb6", v3a, "我是中文abcd123"},
		"V6b": {
			"kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "ec90b1530358d4d3", "wx49f0ab532d5d035a", v6b,
			"<xml><ToUserName><![CDATA[wx49f0ab532d5d035a]]></ToUserName>\n<FromUserName><![CDATA[messense]]></FromUserName>\n" +
				"<CreateTime>1411525903</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[test]]></Content>\n" +
				"<MsgId>4363689963896700987</MsgId>\n<AgentID>1</AgentID>\n</xml>",
		},
		"S1": {sampleKey, "0123456789abcdef", "wx2c2769f8efd9abc2", s1, strings.Repeat("a", 26)},
		"S2": {sampleKey, "0123456789abcdef", "wx2c2769f8efd9abc2", s2, strings.Repeat("b", 42)},
		"S3": {sampleKey, "0123456789abcdef", "wx2c2769f8efd9abc2", s3, ""},
	} {
		key, err := envelope.ParseKey(v.key)
		require.NoError(t, err, name)
		msg, appID, err := envelope.Unseal(key, v.encrypt)
		require.NoError(t, err, name)
		require.Equal(t, v.msg, string(msg), name)
		require.Equal(t, v.appID, appID, name)
		require.Equal(t, v.encrypt, envelope.Seal(key, [16]byte([]byte(v.random)), []byte(v.msg), v.appID), name)
	}
}

func TestUnseal_opensEncryptedEchostr(t *testing.T) {
	for name, v := range map[string][4]string{
		"V6a": {"kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", v6a, "5927782489442352469", "wx49f0ab532d5d035a"},
		"V7b": {"CyjBvGm4tJNmcThkeL5Wajzom4jKlBygKtpTkYeqsnE", v7b, "6058207018001857403", "wwedab3d5fc43636d8"},
	} {
		key, err := envelope.ParseKey(v[0])
		require.NoError(t, err, name)
		msg, id, err := envelope.Unseal(key, v[1])
		require.NoError(t, err, name)
		require.Equal(t, v[2], string(msg), name)
		require.Equal(t, v[3], id, name)
	}
}

func TestParseKey_ignoresTheSpareBits(t *testing.T) {
	a, err := envelope.ParseKey(sampleKey)
	require.NoError(t, err)
	b, err := envelope.ParseKey(sampleKey[:42] + "E")
	require.NoError(t, err)
	require.Equal(t, a, b)
	for _, bad := range []string{"", sampleKey[:42], sampleKey + "A", sampleKey[:42] + "_", sampleKey[:42] + "="} {
		_, err := envelope.ParseKey(bad)
		require.Error(t, err, bad)
	}
}

// FuzzUnseal claims that nothing panics and that what opens seals to the same text.
func FuzzUnseal(f *testing.F) {
	for _, seed := range []string{v1c, v1d, v2, v3a, s1, s2, s3, "", "AAAA"} {
		f.Add(seed)
	}
	key, err := envelope.ParseKey(sampleKey)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, encrypt string) {
		msg, id, err := envelope.Unseal(key, encrypt)
		if err == nil {
			again, sameID, err := envelope.Unseal(key, envelope.Seal(key, [16]byte{}, msg, id))
			require.NoError(t, err)
			require.Equal(t, string(msg)+id, string(again)+sameID)
		}
	})
}
