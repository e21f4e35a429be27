package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

const (
	accountA  = "0b9c2a52-3f0e-4a8b-9d35-6a0a3c1f7e11"
	accountB  = "7d1f5e6c-1c7a-4f2e-8a55-2b9f4c3d2e22"
	tokenA    = "callbackTokenA"
	keyA      = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	keyOld    = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
	appA      = wechat.AppID("wx00000000000000aa")
	originalA = wechat.OriginalID("gh_0000000000aa")
	customer  = "oAAAAbbbbccccddddeeeeffff-_1"
	nonce     = "847261935"
)

// gate is an account's side of the door in tests, and WeChat's side of it: what is needed to write to it.
type gate struct {
	conversation.Door
	t *testing.T
}

func newGate(t *testing.T, mode wechat.Mode) gate {
	t.Helper()
	g := gate{t: t, Door: conversation.Door{
		Account: conversation.Account{
			Tenant: conversation.DefaultTenant, ID: accountA, OriginalID: originalA, AppID: appA, Mode: mode,
		},
		IDKey:  []byte("the id key of account A, 32 byte"),
		Tokens: []secret.Value{secret.New(tokenA), secret.New("replacedToken")},
	}}
	if mode.Encrypted() {
		g.Keys = []conversation.DoorKey{
			{ID: "11111111-1111-4111-8111-111111111111", Cipher: newCipher(t, keyA, appA)},
			{ID: "22222222-2222-4222-8222-222222222222", Cipher: newCipher(t, keyOld, appA)},
		}
	}
	return g
}

func newCipher(t *testing.T, key string, app wechat.AppID) *wechat.Cipher {
	t.Helper()
	c, err := wechat.NewCipher(key, app)
	require.NoError(t, err)
	return c
}

// in puts the account into a world, and returns the world's handler.
func (g gate) in(w *world) http.Handler {
	w.answerDoors(func(_ context.Context, id conversation.AccountID) (conversation.Door, error) {
		if id != g.ID {
			return conversation.Door{}, conversation.ErrNotFound
		}
		return g.Door, nil
	})
	return w.handler()
}

// callback is a request from WeChat before it is sent; tests spoil it first.
type callback struct {
	account string
	query   url.Values
	body    string
	header  http.Header
}

// message is a text message of the customer.
func message(content string) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName>\n<FromUserName><![CDATA[%s]]></FromUserName>\n"+
		"<CreateTime>1800000000</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[%s]]></Content>\n"+
		"<MsgId>23893347810211482</MsgId>\n</xml>", originalA, customer, content)
}

// says is a good callback with a message, in the account's mode.
func (g gate) says(xml string) callback {
	if !g.Mode.Encrypted() {
		return g.signedPlain(xml)
	}
	encrypt, err := g.Keys[0].Cipher.Seal([]byte(xml))
	require.NoError(g.t, err)
	return g.signed(string(encrypt))
}

// signed is a callback with an Encrypt text, whatever that is, signed by the account's token.
func (g gate) signed(encrypt string) callback {
	cb := g.signedPlain("")
	cb.body = fmt.Sprintf("<xml>\n<ToUserName><![CDATA[%s]]></ToUserName>\n<Encrypt><![CDATA[%s]]></Encrypt>\n</xml>", originalA, encrypt)
	cb.query.Set("encrypt_type", "aes")
	cb.query.Set("msg_signature", wechat.Signature(tokenA, cb.query.Get("timestamp"), nonce, encrypt))
	return cb
}

func (g gate) signedPlain(body string) callback {
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	return callback{account: string(g.ID), body: body, header: http.Header{}, query: url.Values{
		"signature": {wechat.Signature(tokenA, timestamp, nonce)},
		"timestamp": {timestamp},
		"nonce":     {nonce},
		"openid":    {customer},
	}}
}

// sign signs the callback again after a test has changed timestamp or nonce.
func (cb *callback) sign(encrypt string) {
	timestamp, nonce := cb.query.Get("timestamp"), cb.query.Get("nonce")
	cb.query.Set("signature", wechat.Signature(tokenA, timestamp, nonce))
	cb.query.Set("msg_signature", wechat.Signature(tokenA, timestamp, nonce, encrypt))
}

// encrypt is the Encrypt text of a callback's body.
func (cb callback) encrypt(t *testing.T) string {
	t.Helper()
	envelope, err := wechat.ReadEnvelope([]byte(cb.body))
	require.NoError(t, err)
	return string(envelope.Encrypt)
}

func (cb callback) post(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	return cb.postIn(t.Context(), h)
}

func (cb callback) postIn(ctx context.Context, h http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/wechat/"+cb.account+"?"+cb.query.Encode(), strings.NewReader(cb.body))
	for name, values := range cb.header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// requireText checks a plain answer of the door.
func requireText(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	require.Equal(t, status, w.Code, w.Body.String())
	require.Equal(t, body, w.Body.String())
	require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
}

// requireNothingKept checks that a refused callback left no trace behind the door.
func requireNothingKept(t *testing.T, w *world) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Empty(t, w.handovers)
	require.Empty(t, w.events)
	require.Empty(t, w.quarantine)
}
