package web

import (
	"net/http"
	"net/url"
)

// isOurs reports whether a browser sends a request for a page of ours: a cookie goes along by itself, whoever asks. A request that
// changes something says its Origin, which must be the host that it was sent to or console, the origin of the console ("" for none). One
// that reads says only whether it comes from the same origin, or from the address bar (A20, S11). No header about forwarding counts.
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
