package wechat_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

// The published vectors (V…) and our own at the boundaries of the padding (S…).
const (
	keyAAA  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	keyABC  = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	keyV5   = "AdiqDDDvUNCeE1ZW5XJmjf9fqNBJpGBs4vL4cHKmHBS"
	keyV6   = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
	keyV7   = "CyjBvGm4tJNmcThkeL5Wajzom4jKlBygKtpTkYeqsnE"
	appIDV1 = wechat.AppID("wxba5fad812f8e6fb9")
	appIDV2 = wechat.AppID("wx2c2769f8efd9abc2")

	encryptV1c = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
	plainV1c   = `{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}`
	encryptV1d = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
	encryptV2  = "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE="
	plainV2    = "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>\n<FromUserName><![CDATA[oyORnuP8q7ou2gfYjqLzSIWZf0rs]]></FromUserName>\n<CreateTime>1409735668</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[abcdteT]]></Content>\n<MsgId>6054768590064713728</MsgId>\n</xml>"
	encryptV3a = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
	echoV6a    = "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q=="
	encryptV6b = "RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHCrsTyeDXzF6Bv283dGymzxh6ydJRvZsryDyZbLTE7rhnus50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpXaG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/TywZBtDh1yCF2KOd0gpiMZ5jSw3e29mTvmUHzkVQiMS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5t6NMxuGhcUGAPOQipvWTT4dShyqio7mlsl5noTrb++x6En749zCpQVhDpbV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0="
	plainV6b   = "<xml><ToUserName><![CDATA[wx49f0ab532d5d035a]]></ToUserName>\n<FromUserName><![CDATA[messense]]></FromUserName>\n<CreateTime>1411525903</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[test]]></Content>\n<MsgId>4363689963896700987</MsgId>\n<AgentID>1</AgentID>\n</xml>"
	echoV7b    = "o1XtmVltGmUAqoWee54yd4Q5ZBgrw4/9lFo5qdZoVPd1DybzarjuYCfFlR2AFbAcWHwFgmbrVBD+f9910QIF6g=="
	encryptS1  = "Q3stYC6hdFzMh9T8HCvyDKrhsqkWjSa4DbROCGPw/zlHngOOnfZmPDWcUOO43s98CC0q+v7o0YiBwlnIx3i/cGhj8A4fReeKch62vtDtssaIwY5UX2XZS0eTfS+3oNGp"
	encryptS2  = "Q3stYC6hdFzMh9T8HCvyDMMFxEc19jvtYuZiOVVgsjF6MrymTNFTpJqVbMezznuZU3F6ymiKNI8kJyrgjefC+V9Elp8DU6nqpZZzXos/J3engQ+oOGQhe1zkIQ9fMpyC"
	encryptS3  = "Q3stYC6hdFzMh9T8HCvyDBiKIeKbgjz4kv7NicVN5go2PdEvYWbkMeBfrJNyK8Z0eBYTa0BYG/ZhAVAdY2ZIQQ=="
)

func TestSignature_matchesEveryVector(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, token string
		parts       []string
		want        string
	}{
		{"V1a GET", "AAAAA", []string{"1714036504", "1514711492"}, "f464b24fc39322e44b38aa78f5edd27bd1441696"},
		{"V1b plain", "AAAAA", []string{"1714037059", "486452656"}, "899cf89e464efb63f54ddac96b0a0a235f53aa78"},
		{"V1c signature", "AAAAA", []string{"1714112445", "415670741"}, "6c5c811b55cc85e0e1b54100749188c20beb3f5d"},
		{"V1c msg_signature", "AAAAA", []string{"1714112445", "415670741", encryptV1c}, "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"},
		{"V1d reply", "AAAAA", []string{"1713424427", "415670741", encryptV1d}, "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"},
		{"V2", "spamtest", []string{"1409735669", "1320562132", encryptV2}, "5d197aaffba7e9b25a30732f161a50dee96bd5fa"},
		{"V6a", "123456", []string{"1411443780", "437374425", echoV6a}, "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96"},
		{"V6b", "123456", []string{"1411525903", "461056294", encryptV6b}, "74d92dfeb87ba7c714f89d98870ae5eb62dff26d"},
		{"V7b", "pcoLldqMu2WQQtYBeDX5HiXPsBFlTnDM", []string{"1623292419", "1623324060", echoV7b}, "1495c4dfd4958d4e5faf618978ae66943a042f87"},
		{"V8", "RMNlACHlV5ThzfRlVS4D4", []string{"timestamp", "nonce", "encrypt"}, "8edac0945683c119ee71c9f6256d76c48aa08a96"},
		{"S URL", "spamtest", []string{"1700000000", "12345"}, "b954ecd9c61ecbf8d61690071f81b65741cbb1ba"},
		{"S1", "spamtest", []string{"1700000000", "12345", encryptS1}, "dd149bcbb92cd7a3adaa27b8ddd79e2a56f252a5"},
		{"S2", "spamtest", []string{"1700000000", "12345", encryptS2}, "158efa115ec6eb6fd0694505eab18c98d34b44af"},
		{"S3", "spamtest", []string{"1700000000", "12345", encryptS3}, "7cb80f2061d8bad44dd7af687f2f5af5ecbd14b3"},
		{"sort by bytes, digit first", "1abc", []string{"1700000000", "9"}, "9786cab6f511043962b64b302efbe59046c440ec"},
		{"sort by bytes, upper case", "Zeta", []string{"1700000000", "9"}, "0dd1eb6002c6257ddc02355803945a4c194c3363"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, wechat.Signature(tt.token, tt.parts...))
			require.True(t, wechat.VerifySignature(tt.want, tt.token, tt.parts...))
		})
	}
}

func TestCipher_opensEveryVector(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, key string
		appID     wechat.AppID
		encrypt   string
		want      string
	}{
		{"V1c", keyAAA, appIDV1, encryptV1c, plainV1c},
		{"V1d", keyAAA, appIDV1, encryptV1d, `{"demo_resp":"good luck"}`},
		{"V2", keyABC, appIDV2, encryptV2, plainV2},
		{"V3a", keyABC, "wxb11529c136998cb6", encryptV3a, "我是中文abcd123"},
		{"V6a", keyV6, "wx49f0ab532d5d035a", echoV6a, "5927782489442352469"},
		{"V6b", keyV6, "wx49f0ab532d5d035a", encryptV6b, plainV6b},
		{"V7b", keyV7, "wwedab3d5fc43636d8", echoV7b, "6058207018001857403"},
		{"S1 pad 32", keyABC, appIDV2, encryptS1, strings.Repeat("a", 26)},
		{"S2 pad 16", keyABC, appIDV2, encryptS2, strings.Repeat("b", 42)},
		{"S3 empty message", keyABC, appIDV2, encryptS3, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := newCipher(t, tt.key, tt.appID).Open([]byte(tt.encrypt))
			require.NoError(t, err)
			require.Equal(t, tt.want, string(got))
		})
	}
}

func TestCipher_sealsEveryVectorWithAKnownPrefix(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, key string
		appID     wechat.AppID
		prefix    string
		msg       string
		want      string
	}{
		{"V1c", keyAAA, appIDV1, "a8eedb185eb2fecf", plainV1c, encryptV1c},
		{"V1d", keyAAA, appIDV1, "707722b803182950", `{"demo_resp":"good luck"}`, encryptV1d},
		{"V2", keyABC, appIDV2, "89465c840c5f116f", plainV2, encryptV2},
		{"V3a", keyABC, "wxb11529c136998cb6", "aaaabbbbccccdddd", "我是中文abcd123", encryptV3a},
		{"V6b", keyV6, "wx49f0ab532d5d035a", "ec90b1530358d4d3", plainV6b, encryptV6b},
		{"S1", keyABC, appIDV2, "0123456789abcdef", strings.Repeat("a", 26), encryptS1},
		{"S2", keyABC, appIDV2, "0123456789abcdef", strings.Repeat("b", 42), encryptS2},
		{"S3", keyABC, appIDV2, "0123456789abcdef", "", encryptS3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := newCipher(t, tt.key, tt.appID).SealWithPrefix(tt.prefix, []byte(tt.msg))
			require.Equal(t, tt.want, string(got))
		})
	}
}

func TestWrapper_signsTheReplyOfV1d(t *testing.T) {
	t.Parallel()
	got := wechat.Wrapper("AAAAA", []byte(encryptV1d), "415670741", 1713424427)
	require.Equal(t, "<xml><Encrypt><![CDATA["+encryptV1d+"]]></Encrypt>"+
		"<MsgSignature><![CDATA[1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1]]></MsgSignature>"+
		"<TimeStamp>1713424427</TimeStamp><Nonce><![CDATA[415670741]]></Nonce></xml>", string(got))
}

func TestReadInbound_readsTheMessageOfV2(t *testing.T) {
	t.Parallel()
	m := readInbound(t, plainV2)
	require.Equal(t, "gh_10f6c3c3ac5a", m.ToUserName)
	require.Equal(t, wechat.OpenID("oyORnuP8q7ou2gfYjqLzSIWZf0rs"), m.FromUserName)
	require.Equal(t, int64(1409735668), m.Created.Unix())
	require.Equal(t, "text", m.Kind())
	require.Equal(t, "abcdteT", m.Text())
	require.Equal(t, "6054768590064713728", m.MsgID)
}

func newCipher(t testing.TB, key string, appID wechat.AppID) *wechat.Cipher {
	t.Helper()
	c, err := wechat.NewCipher(key, appID)
	require.NoError(t, err)
	return c
}

func readInbound(t testing.TB, plain string) *wechat.Inbound {
	t.Helper()
	m, err := wechat.ReadInbound([]byte(plain))
	require.NoError(t, err)
	return m
}
