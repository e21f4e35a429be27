package harness

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

// CallbackAccount is an official account whose callbacks the test makes itself, without the simulator.
type CallbackAccount struct {
	System     *System
	ID         string
	Addr       string // host and port to which callbacks go
	path       string
	token      string
	cipher     *wechat.Cipher
	LastNumber int64  // of the last callback; its MsgId has it too
	TextPrefix string // of each message, before its number; "" for the same question again and again
}

// NewCallbackAccount sets up the account, whose callbacks go to the system's API.
func NewCallbackAccount(s *System) *CallbackAccount {
	s.T.Helper()
	const key, app = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx00000000be9c4000"
	a := &CallbackAccount{System: s, Addr: s.HTTPAddr, token: "benchToken"}
	var made struct {
		ID string
	}
	status := s.CallAPI(http.MethodPost, "/v1/accounts", nil, map[string]any{
		"name": "Bench", "app_id": app, "app_secret": "0123456789abcdef0123456789abcdef", "original_id": callbackOriginalID,
		"token": a.token, "encoding_aes_key": key,
	}, &made)
	require.Equal(s.T, http.StatusCreated, status)
	a.ID, a.path = made.ID, "/wechat/"+made.ID
	var err error
	a.cipher, err = wechat.NewCipher(key, app)
	require.NoError(s.T, err)
	return a
}

// callbackOriginalID is the original id of the account.
const callbackOriginalID = "gh_be9c4be9c4be"

// CallbackOpenID returns the openid of a customer of the account.
func CallbackOpenID(customer int) string { return fmt.Sprintf("oBench%022d", customer) }

// Text returns the text of the callback with a number.
func (a *CallbackAccount) Text(number int64) string {
	if a.TextPrefix == "" {
		return "when are you open?"
	}
	return fmt.Sprintf("%s %d", a.TextPrefix, number)
}

// Callback is a callback as an HTTP request, byte for byte.
type Callback []byte

// NewCallback returns a callback in which a customer writes the next text.
func (a *CallbackAccount) NewCallback(customer int) Callback {
	a.LastNumber++
	openID, now := CallbackOpenID(customer), strconv.FormatInt(time.Now().Unix(), 10)
	sealed, err := a.cipher.Seal(fmt.Appendf(nil, "<xml><ToUserName><![CDATA[%s]]></ToUserName>\n<FromUserName><![CDATA[%s]]></FromUserName>\n"+
		"<CreateTime>%s</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[%s]]></Content>\n<MsgId>%d</MsgId>\n</xml>",
		callbackOriginalID, openID, now, a.Text(a.LastNumber), 23_000_000_000_000_000+a.LastNumber))
	require.NoError(a.System.T, err)
	nonce := strconv.FormatInt(1_000_000_000+a.LastNumber, 10)
	body := fmt.Sprintf("<xml>\n<ToUserName><![CDATA[%s]]></ToUserName>\n<Encrypt><![CDATA[%s]]></Encrypt>\n</xml>", callbackOriginalID, sealed)
	return fmt.Appendf(nil, "POST %s?signature=%s&timestamp=%s&nonce=%s&openid=%s&encrypt_type=aes&msg_signature=%s HTTP/1.1\r\n"+
		"Host: wxdesk\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", a.path, wechat.Signature(a.token, now, nonce), now, nonce,
		openID, wechat.Signature(a.token, now, nonce, string(sealed)), len(body), body)
}

// NewCallbacks returns, for each sender, as many callbacks as each says. They are of so many customers in turn, which no other sender has,
// counted from the first. A benchmark makes them before it measures, because making them is WeChat's work.
func (a *CallbackAccount) NewCallbacks(first, senders, each, customers int) [][]Callback {
	all := make([][]Callback, senders)
	for sender := range all {
		for n := range each {
			all[sender] = append(all[sender], a.NewCallback(first+sender*customers+n%customers))
		}
	}
	return all
}

// CallbackSize returns the size of a callback in bytes.
func (a *CallbackAccount) CallbackSize() int { return len(a.NewCallback(0)) }
