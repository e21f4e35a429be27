package web

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
)

// Client says where a request comes from. Only the connection counts, never a header that names another address (A23).
type Client struct {
	Network netip.Prefix // /24 or /64
	Here    bool         // the connection is from this machine, and no header says that a proxy has forwarded the request
	Browser string       // what it calls itself
	// Session is the SHA-256 of the session's text that the browser has sent, valid or not; zero if it has sent none.
	Session [sha256.Size]byte
}

// ClientOf returns the client of a request.
func ClientOf(r *http.Request) Client {
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	c := Client{Network: networkOf(r.RemoteAddr), Here: at.Addr().Unmap().IsLoopback() && !forwarded(r), Browser: r.UserAgent()}
	if cookies := r.CookiesNamed(SessionCookie); len(cookies) == 1 {
		c.Session = sha256.Sum256([]byte(cookies[0].Value))
	}
	return c
}

// forwarded reports whether a header says that a proxy has forwarded the request. A sender can only lose rights by claiming that.
func forwarded(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}
