package api

import (
	"net/http"
	"strings"

	"wxdesk/api/callback"
)

// concernsConsole reports whether a request that no route serves is for the console: a person's browser asks for a page, or for one of the
// files of a page. What lies where programs and WeChat call is never for the console, and neither is anything but GET and HEAD.
func concernsConsole(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	path := r.URL.Path
	if path == "/v1" || strings.HasPrefix(path, "/v1/") || callback.Concerns(r) {
		return false
	}
	return strings.HasPrefix(path, "/assets/") || strings.Contains(r.Header.Get("Accept"), "text/html")
}
