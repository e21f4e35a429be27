package wxapi

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

const (
	maxTokenLifetime = 2 * time.Hour // what WeChat documents; more is not believed
	maxTokenSize     = 4096          // 512 are announced, 160 are seen
)

// opToken is the stable-token API. The plain one, /cgi-bin/token, gives each caller a new token and is not used.
const opToken = "stable_token"

// fetchToken gets an account's access token from the stable-token API, which returns the same one to all who ask until it
// nears its end. With force the current one dies and another is made: 20 times a day, at least 30 s apart. It fails with an
// *Error.
func (c *Client) fetchToken(ctx context.Context, of wechat.Credentials, force bool) (Token, error) {
	document := appendJSONString([]byte(`{"grant_type":"client_credential","appid":`), string(of.AppID))
	document = appendJSONString(append(document, `,"secret":`...), of.AppSecret.Reveal())
	document = strconv.AppendBool(append(document, `,"force_refresh":`...), force)
	resp, err := c.do(ctx, request{op: opToken, body: append(document, '}')}, secret.Value{})
	if err != nil {
		return Token{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := readAnswer(ctx, opToken, resp)
	if err != nil {
		return Token{}, err
	}
	return readToken(body, c.now())
}

// readToken reads the answer of the token API (W08).
func readToken(body []byte, now time.Time) (Token, error) {
	var a struct {
		answer
		AccessToken string  `json:"access_token"`
		ExpiresIn   integer `json:"expires_in"`
	}
	if json.Unmarshal(body, &a) != nil {
		return Token{}, unclear(opToken)
	}
	if refused := refusal(opToken, a.answer); refused != nil {
		if refused.Code == wechat.CodeInvalidCredential { // means the AppSecret here
			refused.Reason = reasonAppSecret
		}
		return Token{}, refused
	}
	life := a.ExpiresIn
	if !tokenShaped(a.AccessToken) || !life.valid || life.n <= 0 {
		return Token{}, unclear(opToken)
	}
	seconds := min(life.n, int64(maxTokenLifetime/time.Second))
	return Token{Value: secret.New(a.AccessToken), ExpiresAt: now.Add(time.Duration(seconds) * time.Second)}, nil
}

// tokenShaped reports whether s can be an access token: 1 to 4096 visible ASCII characters.
func tokenShaped(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxTokenSize
}
