package wechat_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

const queryV1c = "signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d&timestamp=1714112445&nonce=415670741" +
	"&openid=o9AgO5Kd5ggOC-bXrbNODIiE3bGY&encrypt_type=aes&msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"

func TestParseQuery_readsACallback(t *testing.T) {
	t.Parallel()
	q, err := wechat.ParseQuery(queryV1c)
	require.NoError(t, err)
	require.Equal(t, wechat.Query{
		Signature:    "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
		MsgSignature: "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
		Timestamp:    "1714112445",
		Nonce:        "415670741",
		EncryptType:  "aes",
		OpenID:       "o9AgO5Kd5ggOC-bXrbNODIiE3bGY",
		Time:         time.Date(2024, 4, 26, 6, 20, 45, 0, time.UTC),
	}, q)
}

func TestParseQuery_takesRealVariations(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"verification":          "signature=a&echostr=4375120948345356249&timestamp=1714036504&nonce=1514711492",
		"aes without signature": "timestamp=1714112445&nonce=415670741&encrypt_type=aes&msg_signature=b",
		"aes without openid":    "signature=a&timestamp=1714112445&nonce=415670741&encrypt_type=aes&msg_signature=b",
		"raw":                   "signature=a&timestamp=1714112445&nonce=415670741&encrypt_type=raw",
		"unknown parameter":     "signature=a&timestamp=1714112445&nonce=415670741&x=1",
		"empty pairs":           "&signature=a&&timestamp=1714112445&nonce=415670741&",
		"empty signature (C12)": "signature=&timestamp=1714112445&nonce=415670741",
	} {
		_, err := wechat.ParseQuery(raw)
		require.NoErrorf(t, err, name)
	}
}

// C03
func TestParseQuery_needsItsThreeParameters(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"nothing":                   "",
		"no signature":              "timestamp=1714112445&nonce=415670741",
		"no timestamp":              "signature=a&nonce=415670741",
		"no nonce":                  "signature=a&timestamp=1714112445",
		"empty nonce":               "signature=a&timestamp=1714112445&nonce=",
		"aes, no signatures":        "timestamp=1714112445&nonce=415670741&encrypt_type=aes",
		"plain, only msg_signature": "msg_signature=a&timestamp=1714112445&nonce=415670741",
	} {
		_, err := wechat.ParseQuery(raw)
		require.ErrorIsf(t, err, wechat.ErrQuery, name)
	}
}

// C04
func TestParseQuery_refusesRepeatedParameters(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"signature", "msg_signature", "timestamp", "nonce", "encrypt_type", "openid", "other"} {
		_, err := wechat.ParseQuery(queryV1c + "&other=1&" + name + "=1714112445")
		require.ErrorIsf(t, err, wechat.ErrQuery, name)
	}
	_, err := wechat.ParseQuery(queryV1c + "&%6eonce=1")
	require.ErrorIs(t, err, wechat.ErrQuery, "an escaped name is the same name")
	_, err = wechat.ParseQuery(strings.Repeat("a&", 1000))
	require.ErrorIs(t, err, wechat.ErrQuery)
	_, err = wechat.ParseQuery(queryV1c + "&a&b&c&d&e&f&g&h&i&j&k&l&m&n")
	require.ErrorIs(t, err, wechat.ErrQuery, "too many")
}

// C05
func TestParseQuery_timestampHasTenDigits(t *testing.T) {
	t.Parallel()
	for _, timestamp := range []string{
		"", "abc", "-1", "-170000000", "1e9", "+1700000000", "+170000000", "170000000", "17000000000", "1700000000000000000",
		"１７００００００００", " 1700000000", "1700000000 ", "170000 000", "0x65536800", "1700000.00", "1_70000000", "１７",
	} {
		_, err := wechat.ParseQuery("signature=a&nonce=1&timestamp=" + url.QueryEscape(timestamp))
		require.ErrorIsf(t, err, wechat.ErrQuery, "%q", timestamp)
	}
}

// C08
func TestParseQuery_refusesASwappedNonce(t *testing.T) {
	t.Parallel()
	require.Equal(t, wechat.Signature("spamtest", "1700000000", "12345"), wechat.Signature("spamtest", "12345", "1700000000"))
	_, err := wechat.ParseQuery("signature=a&timestamp=12345&nonce=1700000000")
	require.ErrorIs(t, err, wechat.ErrQuery)
}

// C09
func TestParseQuery_refusesMovedBoundaries(t *testing.T) {
	t.Parallel()
	const timestamp, nonce = "1700000000", "12345" // sorted: nonce, timestamp, token
	joined := nonce + timestamp
	for i := 1; i < len(joined); i++ {
		if i == len(nonce) {
			continue
		}
		movedNonce, movedTimestamp := joined[:i], joined[i:]
		_, err := wechat.ParseQuery("signature=a&timestamp=" + movedTimestamp + "&nonce=" + movedNonce)
		require.ErrorIsf(t, err, wechat.ErrQuery, "%s|%s", movedNonce, movedTimestamp)
	}
}

// C09
func TestParseQuery_nonceTakesNoCiphertext(t *testing.T) {
	t.Parallel()
	// With nonce "9" before an Encrypt text that sorts after it, digits and letters could move over. The shortest move that
	// keeps whole cipher blocks has 64 characters, which no nonce can take.
	c := newCipher(t, keyABC, appIDV2)
	for n := 1; n <= 63; n++ {
		_, err := c.Open([]byte(encryptV2[n:]))
		require.Errorf(t, err, "%d characters moved", n)
	}
	_, err := wechat.ParseQuery("signature=a&timestamp=1700000000&nonce=9" + strings.Repeat("a", 64))
	require.ErrorIs(t, err, wechat.ErrQuery)
}

func TestParseQuery_refusesOddNoncesAndEscapes(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"nonce with space":     "signature=a&timestamp=1700000000&nonce=1+2",
		"nonce with newline":   "signature=a&timestamp=1700000000&nonce=1%0A",
		"nonce with a dot":     "signature=a&timestamp=1700000000&nonce=1.2",
		"nonce of 65":          "signature=a&timestamp=1700000000&nonce=" + strings.Repeat("1", 65),
		"unknown encrypt_type": "signature=a&timestamp=1700000000&nonce=1&encrypt_type=AES",
		"broken escape":        "signature=a&timestamp=1700000000&nonce=1&openid=%zz",
		"broken name":          "signature=a&timestamp=1700000000&nonce=1&%=",
	} {
		_, err := wechat.ParseQuery(raw)
		require.ErrorIsf(t, err, wechat.ErrQuery, name)
	}
}

func TestParseQuery_repeatsNoValueInItsErrors(t *testing.T) {
	t.Parallel()
	_, err := wechat.ParseQuery("signature=canary&timestamp=canary&nonce=canary&openid=canary")
	require.ErrorIs(t, err, wechat.ErrQuery)
	require.NotContains(t, err.Error(), "canary")
}

// C02
func TestEchoAllowed_harmlessOnly(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"4375120948345356249", "a", echoV6a, "a-b_c", strings.Repeat("1", 512)} {
		require.Truef(t, wechat.EchoAllowed(s), "%q", s)
	}
	for _, s := range []string{"", "<b>", "1 2", "1\n", "a&b", `"`, "é", strings.Repeat("1", 513)} {
		require.Falsef(t, wechat.EchoAllowed(s), "%q", s)
	}
}
