package api

import (
	"net/http"

	"wxdesk/api/callback"
	"wxdesk/api/web"
	"wxdesk/internal/access"
)

// fromOurPages refuses requests that another site's page makes a browser send, before anything else reads them. Programs send none of the headers
// that tell, so they pass, and callbacks are not checked. The guard checks requests with a cookie again, and more strictly.
func (a *API) fromOurPages(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	if a.cfg.ConsoleURL != "" {
		if err := protection.AddTrustedOrigin(a.cfg.ConsoleURL); err != nil {
			panic("api: the console's URL is no origin: " + err.Error())
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.guard.Refused(access.DeniedOrigin, web.ClientOf(r), access.Principal{})
		w.Header().Set("Cache-Control", "no-store")
		web.StopReading(w)
		web.ForeignOrigin.Problem().Write(r.Context(), w)
	}))
	protected := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if callback.Concerns(r) {
			next.ServeHTTP(w, r)
			return
		}
		protected.ServeHTTP(w, r)
	})
}
