package api

import (
	"net/http"

	"wxdesk/api/callback"
	"wxdesk/api/web"
	"wxdesk/internal/access"
)

// fromOurPages refuses what another site has a browser ask for, before anything else looks at it. Programs, which send no such headers,
// are not concerned, nor are callbacks. What a cookie authenticates is judged once more, and more strictly, by the guard.
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
