package apitest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

const (
	AccountA  = "0b9c2a52-3f0e-4a8b-9d35-6a0a3c1f7e11"
	AccountB  = "7d1f5e6c-1c7a-4f2e-8a55-2b9f4c3d2e22"
	TokenA    = "callbackTokenA"
	KeyA      = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	keyOld    = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
	AppA      = wechat.AppID("wx00000000000000aa")
	OriginalA = wechat.OriginalID("gh_0000000000aa")
	Customer  = "oAAAAbbbbccccddddeeeeffff-_1"
	Nonce     = "847261935"
)

// WeChat is an account as the callback endpoint knows it, and WeChat's side of it: what is needed to write to it.
type WeChat struct {
	account.CallbackAccount
	T *testing.T
}

func NewWeChat(t *testing.T, mode wechat.Mode) WeChat {
	t.Helper()
	g := WeChat{T: t, CallbackAccount: account.CallbackAccount{
		Account: account.Account{
			Tenant: conversation.DefaultTenant, ID: AccountA, OriginalID: OriginalA, AppID: AppA, Mode: mode,
		},
		IDKey:  []byte("the id key of account A, 32 byte"),
		Tokens: []secret.Value{secret.New(TokenA), secret.New("replacedToken")},
	}}
	if mode.Encrypted() {
		g.Keys = []account.CallbackKey{
			{ID: "11111111-1111-4111-8111-111111111111", Cipher: NewCipher(t, KeyA, AppA)},
			{ID: "22222222-2222-4222-8222-222222222222", Cipher: NewCipher(t, keyOld, AppA)},
		}
	}
	return g
}

func NewCipher(t *testing.T, key string, app wechat.AppID) *wechat.Cipher {
	t.Helper()
	c, err := wechat.NewCipher(key, app)
	require.NoError(t, err)
	return c
}

// In puts the account into a world, and returns the world's handler.
func (g WeChat) In(w *World) http.Handler {
	w.SetFindAccount(func(_ context.Context, id conversation.AccountID) (account.CallbackAccount, error) {
		if id != g.ID {
			return account.CallbackAccount{}, conversation.ErrNotFound
		}
		return g.CallbackAccount, nil
	})
	return w.Handler()
}

// TextMessage is a text message of the customer.
func TextMessage(content string) string {
	return fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName>\n<FromUserName><![CDATA[%s]]></FromUserName>\n"+
		"<CreateTime>1800000000</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[%s]]></Content>\n"+
		"<MsgId>23893347810211482</MsgId>\n</xml>", OriginalA, Customer, content)
}

// Says is a good callback with a message, in the account's mode.
func (g WeChat) Says(xml string) Callback {
	if !g.Mode.Encrypted() {
		return g.SignedPlain(xml)
	}
	encrypt, err := g.Keys[0].Cipher.Seal([]byte(xml))
	require.NoError(g.T, err)
	return g.Signed(string(encrypt))
}

// Signed is a callback with an Encrypt text, whatever that is, signed by the account's token.
func (g WeChat) Signed(encrypt string) Callback {
	cb := g.SignedPlain("")
	cb.Body = fmt.Sprintf("<xml>\n<ToUserName><![CDATA[%s]]></ToUserName>\n<Encrypt><![CDATA[%s]]></Encrypt>\n</xml>", OriginalA, encrypt)
	cb.Query.Set("encrypt_type", "aes")
	cb.Query.Set("msg_signature", wechat.Signature(TokenA, cb.Query.Get("timestamp"), Nonce, encrypt))
	return cb
}

func (g WeChat) SignedPlain(body string) Callback {
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	return Callback{Account: string(g.ID), Body: body, Header: http.Header{}, Query: url.Values{
		"signature": {wechat.Signature(TokenA, timestamp, Nonce)},
		"timestamp": {timestamp},
		"nonce":     {Nonce},
		"openid":    {Customer},
	}}
}

// Foreign is a callback that opens with the account's key but names another AppID.
func (g WeChat) Foreign(app wechat.AppID) Callback {
	encrypt, err := NewCipher(g.T, KeyA, app).Seal([]byte(TextMessage("hi")))
	require.NoError(g.T, err)
	return g.Signed(string(encrypt))
}

// TextOf is a message of the i-th customer.
func TextOf(i int) string {
	return strings.Replace(TextMessage("hi"), Customer, fmt.Sprintf("oCustomer%d", i), 1)
}

// SealedWith is a good message under a key that the account does not have.
func SealedWith(t *testing.T, key string) string {
	t.Helper()
	encrypt, err := NewCipher(t, key, AppA).Seal([]byte(TextMessage("hi")))
	require.NoError(t, err)
	return string(encrypt)
}

func Flip(s string, bit int) string {
	b := []byte(s)
	b[bit/8] ^= 1 << (bit % 8)
	return string(b)
}
