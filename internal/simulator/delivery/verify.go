package delivery

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/random"
	"wxdesk/internal/simulator/state"
)

// Verify makes the GET check of wechat-protocol section 1 and says why it failed, or nothing. In all modes it is in clear text, and the
// answer is the echostr and not a byte more.
func (c *Courier) Verify(ctx context.Context, a state.Account, limit time.Duration) (reason string) {
	timestamp, nonce, echo := strconv.FormatInt(c.store.Wall().Unix(), 10), newNonce(), "1"+random.Text(18, random.Digits)
	query := url.Values{"signature": {envelope.Sign(a.Token, timestamp, nonce)}, "timestamp": {timestamp}, "nonce": {nonce}, "echostr": {echo}}
	o := c.client.send(ctx, limit, false, func(ctx context.Context) (*http.Request, error) {
		return newVerification(ctx, a.CallbackURL, query)
	})
	if reason := o.failure(); reason != "" {
		return reason
	}
	if string(o.body) != echo {
		return "the body is not the echostr"
	}
	return ""
}

func newVerification(ctx context.Context, address string, query url.Values) (*http.Request, error) {
	to, err := withQuery(address, query)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, to, nil)
	if err != nil {
		return nil, err
	}
	setHeaders(r)
	return r, nil
}

// setHeaders sets what all of WeChat's requests carry.
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
