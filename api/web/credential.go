package web

import (
	"crypto/sha256"
	"net/http"
	"strings"
)

// SessionCookie holds the session of a person. Because of the prefix __Host-, browsers take it only from the host itself, for all paths, and over
// TLS. Chromium and Firefox also take it from http://127.0.0.1.
const SessionCookie = "__Host-wxdesk"

// credential is what proves the sender of a request: the SHA-256 of an API token, or of a session's text.
type credential struct {
	hash   [sha256.Size]byte
	cookie bool
}

// credentialOf reads the credential of a request; ok is false if it has none. A request with both an API token and a cookie is refused.
// Programs have tokens and browsers have cookies. If one of the two won, a page that can add a header could choose who the caller is.
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

// bearer reads the API token of the Authorization header (RFC 6750). More than one such header is none; the scheme's case does not matter.
func bearer(r *http.Request) (token string, ok bool) {
	given := r.Header.Values("Authorization")
	if len(given) != 1 {
		return "", false
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	return token, strings.EqualFold(scheme, BearerScheme) && token != "" && len(token) <= maxAPIToken
}
