package validation

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wxdesk/internal/account"
	"wxdesk/internal/wechat"
)

// prober calls an account's callback as WeChat would, with the account's own secrets.
type prober struct {
	http    *http.Client
	url     string
	account account.CallbackAccount
	facts   CallbackFacts
	now     func() time.Time
}

// maxProbeAnswer is more than an echo or success; what is longer is neither.
const maxProbeAnswer = 4 << 10

// check asks as WeChat does when the server URL is entered: the answer must be the echostr and not a byte more.
func (p prober) check(ctx context.Context) finding {
	echo := rand.Text()
	q := p.query()
	q.Set("echostr", echo)
	return p.ask(ctx, http.MethodGet, q, "", echo)
}

// event posts an event of the kind that WeChat's debugging tool sends, and returns the key under which it is kept.
func (p prober) event(ctx context.Context) (found finding, messageKey string, err error) {
	q := p.query()
	sender := "wxdesk-validate-" + rand.Text() // no customer; another one each time, so that each event is new
	xml := fmt.Sprintf("<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>%s</CreateTime>"+
		"<MsgType>event</MsgType><Event>debug_demo</Event><debug_str>wxdesk validate</debug_str></xml>",
		p.account.OriginalID, sender, q.Get("timestamp"))
	m, err := wechat.ReadInbound([]byte(xml))
	if err != nil {
		return finding{}, "", fmt.Errorf("make an event: %w", err)
	}
	q.Set("openid", sender)
	body := xml
	if p.account.Mode.Encrypted() {
		if body, err = p.seal(q, xml); err != nil {
			return finding{}, "", err
		}
	}
	return p.ask(ctx, http.MethodPost, q, body, p.facts.Answer), wechat.MessageKey(p.account.IDKey, string(p.account.ID), m), nil
}

func (p prober) seal(q url.Values, xml string) (body string, err error) {
	encrypt, err := p.account.Keys[0].Cipher.Seal([]byte(xml))
	if err != nil {
		return "", fmt.Errorf("seal an event: %w", err)
	}
	q.Set("encrypt_type", wechat.EncryptAES)
	q.Set("msg_signature", wechat.Signature(p.account.Tokens[0].Reveal(), q.Get("timestamp"), q.Get("nonce"), string(encrypt)))
	return fmt.Sprintf("<xml><ToUserName>%s</ToUserName><Encrypt>%s</Encrypt></xml>", p.account.OriginalID, encrypt), nil
}

func (p prober) query() url.Values {
	timestamp, nonce := strconv.FormatInt(p.now().Unix(), 10), p.facts.ProbeNonce+rand.Text()
	return url.Values{
		"signature": {wechat.Signature(p.account.Tokens[0].Reveal(), timestamp, nonce)},
		"timestamp": {timestamp},
		"nonce":     {nonce},
	}
}

// ask sends one request and says what is wrong with the answer. WeChat wants 200, exactly the body, and no redirect.
func (p prober) ask(ctx context.Context, method string, q url.Values, body, want string) finding {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.url+"?"+q.Encode(), strings.NewReader(body))
	if err != nil {
		return broken("WXDESK_PUBLIC_URL cannot be called.")
	}
	if body != "" {
		req.Header.Set("Content-Type", "text/xml")
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return broken(unreachable(err))
	}
	defer resp.Body.Close() //nolint:errcheck // read below
	got, err := io.ReadAll(io.LimitReader(resp.Body, maxProbeAnswer))
	switch {
	case err != nil:
		return broken(unreachable(err))
	case resp.StatusCode != http.StatusOK:
		return broken(wrongStatus(resp.StatusCode))
	case string(got) != want:
		return broken("The callback URL answers something else than this program does: another program answers there, or a proxy adds to its answers.")
	}
	return well("")
}

// unreachable says why there was no answer.
func unreachable(err error) string {
	var timeout net.Error
	switch {
	case errors.As(err, new(*net.DNSError)):
		return "The host name of WXDESK_PUBLIC_URL cannot be found: check its spelling and its DNS record."
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return "The certificate at WXDESK_PUBLIC_URL is not valid for its host name, or its chain is incomplete: install a full chain from a public authority."
	case errors.As(err, new(tls.RecordHeaderError)), errors.As(err, new(tls.AlertError)), errors.Is(err, http.ErrSchemeMismatch):
		return "No TLS connection comes about at WXDESK_PUBLIC_URL: check that https, version 1.2 or later, is served on its port."
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "The callback URL does not answer within 5 seconds, after which WeChat hangs up: check proxy, firewall, and that the API process runs."
	}
	return "The callback URL cannot be reached: check that WXDESK_PUBLIC_URL leads here, and that a loopback or private address is allowed by WXDESK_ALLOW_PRIVATE."
}

// wrongStatus says what a status other than 200 means.
func wrongStatus(status int) string {
	switch {
	case status/100 == 3:
		return fmt.Sprintf("The callback URL redirects (HTTP %d), which WeChat does not follow: let WXDESK_PUBLIC_URL name the last address itself.", status)
	case status == http.StatusForbidden:
		return "The callback refuses the account's own signature (HTTP 403): WXDESK_PUBLIC_URL leads to another installation, or a proxy guards it or changes the query."
	case status == http.StatusNotFound:
		return "The callback is not found (HTTP 404): WXDESK_PUBLIC_URL leads to another installation, or the proxy does not pass /wechat/ on unchanged."
	case status == http.StatusServiceUnavailable:
		return "The callback is not ready (HTTP 503): look at /readyz for what is out of reach, and at the proxy."
	}
	return fmt.Sprintf("The callback URL answers HTTP %d instead of 200: check the proxy in front of the API process.", status)
}
