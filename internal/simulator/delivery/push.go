package delivery

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/random"
	"wxdesk/internal/simulator/state"
)

// push is one request of a callback, on its way to the wire.
type push struct {
	account    state.Account
	openID     string
	document   string // the clear text
	at         time.Time
	nonce      string
	key        string // EncodingAESKey
	frameAppID string
	spoilFrame func(*envelope.Frame) // before it is encrypted
	encrypt    string
	before     string        // of the body
	filler     int           // bytes of blanks before the body's end
	lasts      time.Duration // how slowly the body is sent
	query      url.Values
}

// newPush prepares a callback as wechat-protocol 2.1 has it, with the faults that somebody asked for: forged before it is
// encrypted and signed, spoilt after.
func newPush(a attempt) (*push, error) {
	p := &push{
		account: a.account, openID: a.callback.OpenID, document: a.callback.Document, at: a.stamp, nonce: a.nonce,
		key: a.account.EncodingAESKey, frameAppID: a.account.AppID, query: url.Values{},
	}
	for _, f := range a.faults {
		if forge := distortions[f.Kind].forge; forge != nil {
			forge(p)
		}
	}
	if err := p.seal(); err != nil {
		return nil, err
	}
	for _, f := range a.faults {
		if spoil := distortions[f.Kind].spoil; spoil != nil {
			spoil(p, f)
		}
	}
	return p, nil
}

// seal encrypts the document, if the account's mode wants that, and signs the request.
func (p *push) seal() error {
	timestamp := strconv.FormatInt(p.at.Unix(), 10)
	p.query.Set("signature", envelope.Sign(p.account.Token, timestamp, p.nonce))
	p.query.Set("timestamp", timestamp)
	p.query.Set("nonce", p.nonce)
	p.query.Set("openid", p.openID)
	if !p.account.Mode.Encrypted() {
		return nil
	}
	key, err := envelope.ParseKey(p.key)
	if err != nil {
		return err
	}
	p.encrypt = p.ciphertext(key)
	p.query.Set("encrypt_type", "aes")
	p.query.Set("msg_signature", envelope.Sign(p.account.Token, timestamp, p.nonce, p.encrypt))
	return nil
}

func (p *push) ciphertext(key envelope.Key) string {
	printable := [16]byte([]byte(random.Text(16, random.HexDigits))) // as in the official samples
	if p.spoilFrame == nil {
		return envelope.Seal(key, printable, []byte(p.document), p.frameAppID)
	}
	f := envelope.Frame{Random: printable, Length: len(p.document), Message: []byte(p.document), AppID: p.frameAppID}
	p.spoilFrame(&f)
	return f.Seal(key)
}

// body is what is sent: the document, the ciphertext, or both in one root, by mode.
func (p *push) body() string {
	body := p.before + p.content()
	if p.filler == 0 {
		return body
	}
	return strings.TrimSuffix(body, "</xml>") + strings.Repeat(" ", p.filler) + "</xml>"
}

func (p *push) content() string {
	encrypt := envelope.CDATA("Encrypt", p.encrypt).String() + "\n</xml>"
	switch p.account.Mode {
	case state.ModeSafe:
		return "<xml>\n" + envelope.CDATA("ToUserName", p.account.OriginalID).String() + "\n" + encrypt
	case state.ModeCompatible:
		return strings.TrimSuffix(p.document, "</xml>") + encrypt
	}
	return p.document
}

// request makes the HTTP request with the headers that real pushes carry.
func (p *push) request(ctx context.Context) (*http.Request, error) {
	to, err := withQuery(p.account.CallbackURL, p.query)
	if err != nil {
		return nil, err
	}
	body := []byte(p.body())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if p.lasts > 0 {
		r.Body, r.GetBody = newSlowBody(ctx, body, p.lasts), nil
	}
	r.Header.Set("Content-Type", "text/xml")
	setHeaders(r)
	return r, nil
}
