package api_test

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

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

func TestBad_K03_K04_K05_K07_K09_signedButUndecipherable(t *testing.T) {
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
		"K09 other key":     sealedWith(t, strings.Repeat("x", 43)),
	} {
		t.Run(name, func(t *testing.T) {
			w, g := newWorld(), newGate(t, wechat.ModeSafe)
			h := g.in(w)
			cb := g.signed(encrypt)
			requireText(t, cb.post(t, h), http.StatusOK, "success")
			require.Empty(t, w.handovers)
			require.Len(t, w.quarantine, 1)
			require.Equal(t, "undecipherable", w.quarantine[0].Reason)
			require.Equal(t, cb.body, string(w.quarantine[0].Raw))
			require.NotEmpty(t, w.quarantine[0].DeliveryID)
		})
	}
}

// raw is a frame of 0xFF bytes that ends in some others, encrypted under the account's key.
func raw(t *testing.T, size int, end ...byte) string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(keyA + "=")
	require.NoError(t, err)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	frame := append(bytes.Repeat([]byte{0xFF}, size-len(end)), end...)
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(frame, frame)
	return base64.StdEncoding.EncodeToString(frame)
}

// sealedWith is a good message under a key that the account does not have.
func sealedWith(t *testing.T, key string) string {
	t.Helper()
	encrypt, err := newCipher(t, key, appA).Seal([]byte(message("hi")))
	require.NoError(t, err)
	return string(encrypt)
}

func TestBad_X07_X12_signedButUnreadable(t *testing.T) {
	t.Parallel()
	for name, xml := range map[string]string{
		"X01 DOCTYPE":          "<!DOCTYPE xml>" + message("hi"),
		"X07 invalid UTF-8":    message("\xff"),
		"X07 NUL":              message("\x00"),
		"X12 no FromUserName":  strings.Replace(message("hi"), customer, "", 1),
		"X12 slash":            strings.Replace(message("hi"), customer, "o/../x", 1),
		"X12 200 characters":   strings.Replace(message("hi"), customer, strings.Repeat("o", 200), 1),
		"X04 two documents":    message("hi") + message("hi"),
		"not XML at all":       "hello",
		"no message whatever ": "",
	} {
		t.Run(name, func(t *testing.T) {
			w, g := newWorld(), newGate(t, wechat.ModeSafe)
			h := g.in(w)
			cb := g.says(xml)
			requireText(t, cb.post(t, h), http.StatusOK, "success")
			require.Empty(t, w.handovers)
			require.Len(t, w.quarantine, 1)
		})
	}
}

func TestBad_X01_X05_envelopesThatAreTraps(t *testing.T) {
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
			w, g := newWorld(), newGate(t, wechat.ModeSafe)
			h := g.in(w)
			cb := g.says(message("hi"))
			cb.body = wrap(cb.body)
			requireText(t, cb.post(t, h), http.StatusBadRequest, "")
			requireNothingKept(t, w)
		})
	}
}

func TestBad_K10_theKeyThatWasJustReplacedOpens(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	encrypt, err := g.Keys[1].Cipher.Seal([]byte(message("hi")))
	require.NoError(t, err)
	cb := g.signed(string(encrypt))
	requireText(t, cb.post(t, h), http.StatusOK, "success")
	require.Equal(t, g.Keys[1].ID, w.handovers[0].KeyID)
}

func TestBad_K11_everySingleBitCounts(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	good := g.says(message("hi"))
	refused := func(cb callback) {
		code := cb.post(t, h).Code
		require.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, code)
	}
	for _, name := range []string{"msg_signature", "timestamp", "nonce"} {
		value := good.query.Get(name)
		for bit := range len(value) * 8 {
			cb := good
			cb.query = map[string][]string{}
			for k, v := range good.query {
				cb.query[k] = v
			}
			cb.query.Set(name, flip(value, bit))
			refused(cb)
		}
	}
	start := strings.Index(good.body, good.encrypt(t))
	for bit := range len(good.encrypt(t)) * 8 {
		cb := good
		cb.body = flip(good.body, start*8+bit)
		refused(cb)
	}
	requireNothingKept(t, w)
}

func flip(s string, bit int) string {
	b := []byte(s)
	b[bit/8] ^= 1 << (bit % 8)
	return string(b)
}

func TestBad_K12_anAccountWithAnUnavailableSecretTakesNothing(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	w.answerDoors(func(context.Context, conversation.AccountID) (conversation.Door, error) {
		return conversation.Door{}, secret.ErrUnavailable
	})
	cb := g.says(message("hi"))
	requireText(t, cb.post(t, h), http.StatusServiceUnavailable, "")
}
