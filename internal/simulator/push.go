package simulator

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/random"
)

// push is one request of a callback, on its way to the wire.
type push struct {
	account    Account
	openID     string
	document   string // the clear text
	at         time.Time
	nonce      string
	key        string // EncodingAESKey
	frameAppID string
	crook      func(*envelope.Frame) // spoils the frame before it is encrypted
	encrypt    string
	before     string        // of the body
	filler     int           // bytes of blanks before the body's end
	lasts      time.Duration // how slowly the body is sent
	query      url.Values
}

// newPush prepares a callback as wechat-protocol 2.1 has it, with the faults that somebody asked for: forged before it is
// encrypted and signed, spoilt after.
func newPush(a Account, c callback, at time.Time, nonce string, faults []Fault) (*push, error) {
	p := &push{account: a, openID: c.OpenID, document: c.Document, at: at, nonce: nonce, key: a.EncodingAESKey, frameAppID: a.AppID, query: url.Values{}}
	for _, k := range kindsOf(faults) {
		if k.forge != nil {
			k.forge(p)
		}
	}
	timestamp := strconv.FormatInt(p.at.Unix(), 10)
	p.query.Set("signature", envelope.Sign(a.Token, timestamp, p.nonce))
	p.query.Set("timestamp", timestamp)
	p.query.Set("nonce", p.nonce)
	p.query.Set("openid", p.openID)
	if a.Mode.encrypted() {
		key, err := envelope.ParseKey(p.key)
		if err != nil {
			return nil, err
		}
		p.encrypt = p.seal(key)
		p.query.Set("encrypt_type", "aes")
		p.query.Set("msg_signature", envelope.Sign(a.Token, timestamp, p.nonce, p.encrypt))
	}
	for _, k := range kindsOf(faults) {
		if k.spoil != nil {
			k.spoil(p)
		}
	}
	for _, f := range faults {
		switch f.Kind {
		case faultOversizedBody:
			p.filler = f.Size
		case faultSlowBody:
			p.lasts = time.Duration(f.Delay)
		}
	}
	return p, nil
}

func kindsOf(faults []Fault) []faultKind {
	var kinds []faultKind
	for _, f := range faults {
		if k, ok := faultKindOf(f.Kind); ok {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

func (p *push) seal(key envelope.Key) string {
	if p.crook == nil {
		return envelope.Seal(key, freshRandom(), []byte(p.document), p.frameAppID)
	}
	f := envelope.Frame{Random: freshRandom(), Length: len(p.document), Message: []byte(p.document), AppID: p.frameAppID}
	p.crook(&f)
	return f.Seal(key)
}

// freshRandom gives the frame's first 16 bytes: printable, as in the official samples.
func freshRandom() [16]byte { return [16]byte([]byte(random.Text(16, random.HexDigits))) }

// body is what is sent: the document, the ciphertext, or both in one root, by mode.
func (p *push) body() string {
	body := p.before + p.content()
	if p.filler == 0 {
		return body
	}
	return strings.TrimSuffix(body, "</xml>") + strings.Repeat(" ", p.filler) + "</xml>"
}

func (p *push) content() string {
	switch p.account.Mode {
	case ModeSafe:
		return "<xml>\n" + envelope.CDATA("ToUserName", p.account.OriginalID).String() + "\n" + envelope.CDATA("Encrypt", p.encrypt).String() + "\n</xml>"
	case ModeCompatible:
		return strings.TrimSuffix(p.document, "</xml>") + envelope.CDATA("Encrypt", p.encrypt).String() + "\n</xml>"
	}
	return p.document
}

// request gives the HTTP request with the headers that real pushes carry.
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
		r.Body, r.GetBody = io.NopCloser(&slowReader{ctx: ctx, rest: body, portion: len(body)/slowPortions + 1, every: p.lasts / slowPortions}), nil
	}
	r.Header.Set("Content-Type", "text/xml")
	setHeaders(r)
	return r, nil
}

func setHeaders(r *http.Request) {
	r.Header.Set("User-Agent", "Mozilla/4.0")
	r.Header.Set("Accept", "*/*")
	r.Header.Set("Pragma", "no-cache")
}

// withQuery appends parameters to those an address already has.
func withQuery(address string, query url.Values) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += query.Encode()
	return u.String(), nil
}

// checkURL accepts what can be called; WeChat's own restriction to ports 80 and 443 would not fit on a laptop.
func checkURL(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return badRequest("callback_url is an http or https address")
	}
	return nil
}

// slowPortions is in how many portions a slow body is sent.
const slowPortions = 20

// slowReader gives a body away in portions, with a pause before each.
type slowReader struct {
	ctx     context.Context
	rest    []byte
	portion int
	every   time.Duration
}

func (s *slowReader) Read(into []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(s.every):
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
	n := copy(into, s.rest[:min(s.portion, len(s.rest))])
	s.rest = s.rest[n:]
	return n, nil
}
