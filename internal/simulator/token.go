package simulator

import (
	"encoding/json"
	"net/url"
	"regexp"
	"time"

	"wxdesk/internal/simulator/random"
)

// accessToken is one access token of an account; its times are of the simulator's clock.
type accessToken struct {
	Value   string    `json:"value"`
	AppID   string    `json:"app_id"`
	Stable  bool      `json:"stable"` // of /cgi-bin/stable_token; the two families leave each other alone
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"`
	Ends    time.Time `json:"ends,omitzero"` // when it stops for having been replaced
}

// The length of real tokens; WeChat asks to plan for 512.
const tokenLength = 138

var accessTokenShape = regexp.MustCompile(`^[A-Za-z0-9_-]{32,512}$`)

// tokenRequest is the input of both token calls.
type tokenRequest struct {
	GrantType string `json:"grant_type"`
	AppID     string `json:"appid"`
	Secret    string `json:"secret"`
	Force     bool   `json:"force_refresh"`
}

// tokenAnswer is the output of both.
type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"` // seconds
}

func readTokenRequest(a api, query url.Values, body []byte) tokenRequest {
	if a.method == "GET" {
		return tokenRequest{GrantType: query.Get("grant_type"), AppID: query.Get("appid"), Secret: query.Get("secret")}
	}
	var r tokenRequest
	_ = json.Unmarshal(body, &r) // a body that is none is refused by checkRequest
	return r
}

// admitBySecret checks what a token call is made with.
func (s *Simulator) admitBySecret(a api, c *call) *refusal {
	c.secrets = readTokenRequest(a, c.query, c.body)
	switch {
	case c.secrets.GrantType != "client_credential":
		return refuse(codeBadGrantType)
	case c.secrets.AppID == "":
		return refuse(codeAppIDMissing)
	case c.secrets.Secret == "":
		return refuse(codeSecretMissing)
	}
	account, err := s.state.account(c.secrets.AppID)
	if err != nil {
		return refuse(codeInvalidAppID)
	}
	if account.AppSecret != c.secrets.Secret {
		return refuse(codeInvalidSecret)
	}
	if !account.allows(c.from) {
		return refuseIP(c.from)
	}
	c.account = account
	return nil
}

// token gives a new token each time; the old one works on for the overlap.
func (s *Simulator) token(c *call) (any, *refusal, change) {
	issued, tokens := s.issue(c.account.AppID, false, time.Duration(s.state.settings.TokenOverlap))
	return issued.answer(issued.Issued), nil, change{Tokens: tokens}
}

// stableForcePause is the least time between two forced renewals; a sooner call gets the current token (wechat-protocol 6.1).
const stableForcePause = 30 * time.Second

// stableToken gives the same token until it has no more than the overlap to live, then a new one; force_refresh gives a new one
// now and ends the old one at once.
func (s *Simulator) stableToken(c *call) (any, *refusal, change) {
	overlap := time.Duration(s.state.settings.TokenOverlap)
	current, ok := s.currentToken(c.account.AppID, true)
	if c.secrets.Force && ok && s.now().Sub(current.Issued) >= stableForcePause {
		forced, refused := s.countForced(c.account)
		if refused != nil {
			return nil, refused, change{}
		}
		issued, tokens := s.issue(c.account.AppID, true, 0)
		return issued.answer(issued.Issued), nil, change{Tokens: tokens, Usage: forced}
	}
	if ok && current.Expires.Sub(s.now()) > overlap {
		return current.answer(s.now()), nil, change{}
	}
	issued, tokens := s.issue(c.account.AppID, true, overlap)
	return issued.answer(issued.Issued), nil, change{Tokens: tokens}
}

func (s *Simulator) countForced(a *accountState) ([]usage, *refusal) {
	return s.count(api{path: "/cgi-bin/stable_token#force_refresh", quota: func(s Settings) quota { return quota{day: s.StableForceDaily} }}, a)
}

// issue makes a new token and lets the current one of the family end after the overlap. It gives what to commit.
func (s *Simulator) issue(appID string, stable bool, overlap time.Duration) (accessToken, []accessToken) {
	now := s.now()
	issued := accessToken{
		Value: random.Text(tokenLength, random.URLSafe), AppID: appID, Stable: stable,
		Issued: now, Expires: now.Add(time.Duration(s.state.settings.TokenLifetime)),
	}
	tokens := []accessToken{issued}
	if old, ok := s.currentToken(appID, stable); ok {
		old.Ends = now.Add(overlap)
		tokens = append(tokens, old)
	}
	return issued, tokens
}

// currentToken is the family's token that is neither replaced nor expired.
func (s *Simulator) currentToken(appID string, stable bool) (accessToken, bool) {
	now := s.now()
	for _, t := range s.state.tokens {
		if t.AppID == appID && t.Stable == stable && t.Ends.IsZero() && now.Before(t.Expires) {
			return t, true
		}
	}
	return accessToken{}, false
}

// checkToken finds the account of a call.
func (s *Simulator) checkToken(query url.Values) (accessToken, *refusal) {
	value := query.Get("access_token")
	if value == "" {
		return accessToken{}, refuse(codeTokenMissing)
	}
	if !accessTokenShape.MatchString(value) {
		return accessToken{}, refuse(codeMalformedToken)
	}
	t, ok := s.state.tokens[value]
	now := s.now()
	switch {
	case !ok:
		return t, refuse(codeInvalidCredential)
	case !now.Before(t.Expires):
		return t, refuse(codeTokenExpired)
	case !t.Ends.IsZero() && !now.Before(t.Ends):
		return t, refuse(codeInvalidCredential)
	}
	return t, nil
}

func (t accessToken) answer(now time.Time) tokenAnswer {
	return tokenAnswer{AccessToken: t.Value, ExpiresIn: int(t.Expires.Sub(now) / time.Second)}
}

// forgotten tells whether a token is so long over that it need not be known as expired any more.
func (t accessToken) forgotten(now time.Time) bool { return now.Sub(t.Expires) > 24*time.Hour }
