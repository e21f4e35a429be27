package api

import (
	"net/http"
	"strings"

	"wxdesk/api/callback"
)

// concernsConsole reports whether a request that no route serves is for the console: a GET or HEAD for a file below /assets/, or of a browser that
// asks for a page. Paths of the API and of callbacks are never for the console.
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
