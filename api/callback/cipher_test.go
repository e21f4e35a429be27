package callback_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// K03, K04, K05, K07, K09
func TestEndpoint_quarantinesTheUndecipherable(t *testing.T) {
	t.Parallel()
	block := func(n int) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, n)) }
	for name, encrypt := range map[string]string{
		"K03 not base64":    "!!!!",
		"K03 URL alphabet":  strings.Replace(block(64), "A", "-", 1),
		"K03 line break":    block(32)[:10] + "\n" + block(32)[10:],
		"K04 0 bytes":       "",
		"K04 15 bytes":      block(15),
		"K04 17 bytes":      block(17),
		"K04 31 bytes":      block(31),
		"K05 padding 0":     raw(t, 64, 0),
		"K05 padding 33":    raw(t, 64, 33),
		"K05 padding 255":   raw(t, 64, 255),
		"K05 too long":      raw(t, 32, 32),
		"K05 uneven":        raw(t, 64, 1, 3),
		"K07 length 2^32-1": raw(t, 64, 4, 4, 4, 4),
		"K09 other key":     apitest.SealedWith(t, strings.Repeat("x", 43)),
	} {
		t.Run(name, func(t *testing.T) {
			w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
			h := g.In(w)
			cb := g.Signed(encrypt)
			apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
			require.Empty(t, w.Received)
			require.Len(t, w.Quarantined, 1)
			require.Equal(t, "undecipherable", w.Quarantined[0].Reason)
			require.Equal(t, cb.Body, string(w.Quarantined[0].Raw))
			require.NotEmpty(t, w.Quarantined[0].DeliveryID)
		})
	}
}

// raw is a frame of 0xFF bytes that ends in some others, encrypted under the account's key.
func raw(t *testing.T, size int, end ...byte) string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(apitest.KeyA + "=")
	require.NoError(t, err)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	frame := append(bytes.Repeat([]byte{0xFF}, size-len(end)), end...)
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(frame, frame)
	return base64.StdEncoding.EncodeToString(frame)
}

// X01, X04, X07, X12
func TestEndpoint_quarantinesTheUnreadable(t *testing.T) {
	t.Parallel()
	for name, xml := range map[string]string{
		"X01 DOCTYPE":          "<!DOCTYPE xml>" + apitest.TextMessage("hi"),
		"X07 invalid UTF-8":    apitest.TextMessage("\xff"),
		"X07 NUL":              apitest.TextMessage("\x00"),
		"X12 no FromUserName":  strings.Replace(apitest.TextMessage("hi"), apitest.Customer, "", 1),
		"X12 slash":            strings.Replace(apitest.TextMessage("hi"), apitest.Customer, "o/../x", 1),
		"X12 200 characters":   strings.Replace(apitest.TextMessage("hi"), apitest.Customer, strings.Repeat("o", 200), 1),
		"X04 two documents":    apitest.TextMessage("hi") + apitest.TextMessage("hi"),
		"not XML at all":       "hello",
		"no message whatever ": "",
	} {
		t.Run(name, func(t *testing.T) {
			w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
			h := g.In(w)
			cb := g.Says(xml)
			apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
			require.Empty(t, w.Received)
			require.Len(t, w.Quarantined, 1)
		})
	}
}

// X01, X03, X04, X05, X06
func TestEndpoint_refusesMaliciousEnvelopes(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(body string) string{
		"X01 DOCTYPE":           func(b string) string { return "<!DOCTYPE xml [<!ENTITY a \"b\">]>" + b },
		"X01 instruction":       func(b string) string { return "<?evil?>" + b },
		"X03 depth":             func(b string) string { return strings.Repeat("<a>", 5000) + b },
		"X04 two documents":     func(b string) string { return b + b },
		"X04 text after":        func(b string) string { return b + "x" },
		"X04 two Encrypt":       func(b string) string { return strings.Replace(b, "</xml>", "<Encrypt>x</Encrypt></xml>", 1) },
		"X05 comment":           func(b string) string { return strings.Replace(b, "<Encrypt>", "<Encrypt><!-- -->", 1) },
		"X05 nested":            func(b string) string { return strings.Replace(b, "<Encrypt>", "<Encrypt><a></a>", 1) },
		"X05 namespaced":        func(b string) string { return strings.ReplaceAll(b, "Encrypt>", "x:Encrypt>") },
		"X06 declared encoding": func(b string) string { return `<?xml version="1.0" encoding="GBK"?>` + b },
		"not XML":               func(string) string { return "hello" },
	} {
		t.Run(name, func(t *testing.T) {
			w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
			h := g.In(w)
			cb := g.Says(apitest.TextMessage("hi"))
			cb.Body = wrap(cb.Body)
			apitest.RequireText(t, cb.Post(t, h), http.StatusBadRequest, "")
			apitest.RequireNothingKept(t, w)
		})
	}
}

// K10
func TestEndpoint_acceptsTheReplacedKey(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	encrypt, err := g.Keys[1].Cipher.Seal([]byte(apitest.TextMessage("hi")))
	require.NoError(t, err)
	cb := g.Signed(string(encrypt))
	apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
	require.Equal(t, g.Keys[1].ID, w.Received[0].KeyID)
}

// K11
func TestEndpoint_refusesEverySingleBitFlip(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	good := g.Says(apitest.TextMessage("hi"))
	refused := func(cb apitest.Callback) {
		code := cb.Post(t, h).Code
		require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, code)
	}
	for _, name := range []string{"msg_signature", "timestamp", "nonce"} {
		value := good.Query.Get(name)
		for bit := range len(value) * 8 {
			cb := good
			cb.Query = map[string][]string{}
			for k, v := range good.Query {
				cb.Query[k] = v
			}
			cb.Query.Set(name, apitest.Flip(value, bit))
			refused(cb)
		}
	}
	start := strings.Index(good.Body, good.Encrypt(t))
	for bit := range len(good.Encrypt(t)) * 8 {
		cb := good
		cb.Body = apitest.Flip(good.Body, start*8+bit)
		refused(cb)
	}
	apitest.RequireNothingKept(t, w)
}

// K12
func TestEndpoint_answers503WithoutItsSecret(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	w.SetFindAccount(func(context.Context, conversation.AccountID) (account.CallbackAccount, error) {
		return account.CallbackAccount{}, secret.ErrUnavailable
	})
	cb := g.Says(apitest.TextMessage("hi"))
	apitest.RequireText(t, cb.Post(t, h), http.StatusServiceUnavailable, "")
}
