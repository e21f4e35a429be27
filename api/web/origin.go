package web

import (
	"net/http"
	"net/url"
)

// isOurs reports whether a page of ours has made a browser send a request. Browsers add the cookie whichever page asks, so the cookie alone does
// not tell (A20, S11). A request that changes something has an Origin: it must be the host that the request was sent to, or console, the origin
// of the console ("" for none). A request that reads has only Sec-Fetch-Site: it must come from the same origin or from the address bar. Headers
// about forwarding are ignored.
func isOurs(r *http.Request, console string) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		site := r.Header.Values("Sec-Fetch-Site")
		return len(site) == 1 && (site[0] == "same-origin" || site[0] == "none")
	}
	origin := r.Header.Values("Origin")
	if len(origin) != 1 {
		return false
	}
	if console != "" && origin[0] == console {
		return true
	}
	u, err := url.Parse(origin[0])
	return err == nil && u.Host != "" && u.Host == r.Host && (u.Scheme == "https" || u.Scheme == "http")
}
