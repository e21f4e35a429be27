package web

import (
	"crypto/sha256"
	"net/http"
	"strings"
)

// SessionCookie holds the session of a person. Its prefix has browsers refuse it from another host, another path, and without TLS;
// Chromium and Firefox take http://127.0.0.1 for safe.
const SessionCookie = "__Host-wxdesk"

// credential is what proves the sender of a request: the SHA-256 of an API token, or of a session's text.
type credential struct {
	hash   [sha256.Size]byte
	cookie bool
}

// credentialOf reads the credential of a request; ok is false if it has none. Both at once are refused, since programs have tokens and
// browsers have cookies: a page that could add a header to a person's request would otherwise choose which one counts.
func credentialOf(r *http.Request) (c credential, ok bool, refused *Problem) {
	cookies := r.CookiesNamed(SessionCookie)
	switch given := r.Header.Values("Authorization"); {
	case len(given) > 0 && len(cookies) > 0:
		return c, false, TwoCredentials.Problem()
	case len(cookies) == 1 && len(cookies[0].Value) <= maxAPIToken:
		return credential{sha256.Sum256([]byte(cookies[0].Value)), true}, true, nil
	}
	token, ok := bearer(r)
	return credential{hash: sha256.Sum256([]byte(token))}, ok, nil
}

// bearer reads the one Authorization header (RFC 6750); the scheme's case does not matter.
func bearer(r *http.Request) (token string, ok bool) {
	given := r.Header.Values("Authorization")
	if len(given) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	return token, strings.EqualFold(scheme, BearerScheme) && token != "" && len(token) <= maxAPIToken
}
