package platform

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"

	"wxdesk/internal/simulator/state"
)

// tokenRequest is the input of both token calls.
type tokenRequest struct {
	GrantType string `json:"grant_type"`
	AppID     string `json:"appid"`
	Secret    string `json:"secret"`
	Force     bool   `json:"force_refresh"`
}

func readTokenRequest(e endpoint, query url.Values, body []byte) tokenRequest {
	if e.method == http.MethodGet {
		return tokenRequest{GrantType: query.Get("grant_type"), AppID: query.Get("appid"), Secret: query.Get("secret")}
	}
	var r tokenRequest
	_ = json.Unmarshal(body, &r) // a body that is none is refused by checkRequest
	return r
}

// admitBySecret finds the account of a token call and checks its secret and where the call comes from.
func (p *API) admitBySecret(e endpoint, c *call) *APIError {
	c.secrets = readTokenRequest(e, c.query, c.body)
	if refusal := c.secrets.check(); refusal != nil {
		return refusal
	}
	account, err := p.store.Account(c.secrets.AppID)
	switch {
	case err != nil:
		return refuse(codeInvalidAppID)
	case account.AppSecret != c.secrets.Secret:
		return refuse(codeInvalidSecret)
	case !account.Allows(c.from):
		return refuseIP(c.from)
	}
	c.account = account
	return nil
}

func (r tokenRequest) check() *APIError {
	switch {
	case r.GrantType != "client_credential":
		return refuse(codeBadGrantType)
	case r.AppID == "":
		return refuse(codeAppIDMissing)
	case r.Secret == "":
		return refuse(codeSecretMissing)
	}
	return nil
}

var accessTokenShape = regexp.MustCompile(`^[A-Za-z0-9_-]{32,512}$`)

// checkToken finds the access token of a call and checks that it still works.
func (p *API) checkToken(query url.Values) (state.AccessToken, *APIError) {
	value := query.Get("access_token")
	if value == "" {
		return state.AccessToken{}, refuse(codeTokenMissing)
	}
	if !accessTokenShape.MatchString(value) {
		return state.AccessToken{}, refuse(codeMalformedToken)
	}
	t, known := p.store.Token(value)
	now := p.store.Now()
	switch {
	case !known:
		return t, refuse(codeInvalidCredential)
	case t.Expired(now):
		return t, refuse(codeTokenExpired)
	case t.Replaced(now):
		return t, refuse(codeInvalidCredential)
	}
	return t, nil
}
