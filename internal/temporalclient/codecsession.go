package temporalclient

import (
	"crypto/sha256"
	_ "embed" // of the page
	"encoding/base64"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"time"

	"wxdesk/internal/secret"
	"wxdesk/internal/telemetry"
)

const (
	sessionLabel  = "codec session" // of the keyring's derived key
	sessionCookie = "wxdesk_codec"
	sessionLife   = 12 * time.Hour // a working day
	codecPath     = "/codec/"      // the cookie goes nowhere else: ports of one host share their cookies
	ticketParam   = "ticket"
)

// Places of a sealed session: a ticket is no cookie.
const (
	placeCookie = "cookie"
	placeTicket = "ticket"
)

// session is who has signed in. It is kept by the browser alone, sealed, so that every API process knows it.
type session struct {
	Who   string    `json:"who"`
	Until time.Time `json:"until"`
	// Hash is the SHA-256 of the API token: a revoked one ends the session. Empty where a ticket began it.
	Hash []byte `json:"hash,omitempty"`
}

// CodecTicket is what leads to /codec/sign-in?ticket=… and signs somebody in there without an API token, until then. Only
// who has the master keys can make one.
func CodecTicket(ring *secret.Keyring, who string, until time.Time) string {
	return sealSession(ring, placeTicket, session{Who: who, Until: until})
}

// CodecSignIn is the page where people sign in, of a private listener.
func CodecSignIn(opsURL, ticket string) string {
	return opsURL + codecPath + "sign-in?" + url.Values{ticketParam: {ticket}}.Encode()
}

func sealSession(ring *secret.Keyring, place string, s session) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic("temporalclient: a session is always JSON: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(ring.Seal(sessionLabel, place, text))
}

// openSession fails with errSignIn for what is altered, meant for another place, or over.
func openSession(ring *secret.Keyring, place, sealed string) (s session, err error) {
	frame, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return session{}, errSignIn
	}
	text, err := ring.Open(sessionLabel, place, frame)
	if err != nil || json.Unmarshal(text, &s) != nil || !time.Now().Before(s.Until) {
		return session{}, errSignIn
	}
	return s, nil
}

// session is that of the request's cookie.
func (s *codecServer) session(r *http.Request) (session, error) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return session{}, errSignIn
	}
	open, err := openSession(s.Ring, placeCookie, cookie.Value)
	if err != nil || len(open.Hash) == 0 {
		return open, err
	}
	if len(open.Hash) != sha256.Size {
		return session{}, errSignIn
	}
	_, err = s.admin(r.Context(), [sha256.Size]byte(open.Hash))
	return open, err
}

//go:embed codecpage.html
var codecPageHTML string

// page shows who is signed in, and lets people sign in and out. A ticket signs in at once.
func (s *codecServer) page(w http.ResponseWriter, r *http.Request) {
	if ticket := r.URL.Query().Get(ticketParam); ticket != "" {
		open, err := openSession(s.Ring, placeTicket, ticket)
		if err != nil {
			s.show(w, r, http.StatusUnauthorized, "That link is too old. Sign in with an API token, or take a fresh link.")
			return
		}
		s.begin(w, r, session{Who: open.Who})
		return
	}
	s.show(w, r, http.StatusOK, "")
}

// signIn takes an admin's API token.
func (s *codecServer) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	hash := sha256.Sum256([]byte(r.PostFormValue("token")))
	who, err := s.admin(r.Context(), hash)
	switch {
	case errors.Is(err, errSignIn):
		s.show(w, r, http.StatusUnauthorized, "There is no such API token.")
	case errors.Is(err, errNotAdmin):
		s.show(w, r, http.StatusForbidden, "That API token is not an admin's.")
	case err != nil:
		s.Log.ErrorContext(r.Context(), "codec endpoint cannot ask who has an API token", telemetry.FieldError, err)
		s.show(w, r, http.StatusServiceUnavailable, "API tokens cannot be looked up at this moment.")
	default:
		s.begin(w, r, session{Who: who, Hash: hash[:]})
	}
}

func (s *codecServer) begin(w http.ResponseWriter, r *http.Request, begun session) {
	begun.Until = time.Now().Add(sessionLife)
	s.setCookie(w, r, sealSession(s.Ring, placeCookie, begun), int(sessionLife.Seconds()))
	s.Log.InfoContext(r.Context(), "codec endpoint signed in", "actor", begun.Who)
	http.Redirect(w, r, codecPath+"sign-in", http.StatusSeeOther) // and the ticket is out of the address bar
}

func (s *codecServer) signOut(w http.ResponseWriter, r *http.Request) {
	s.setCookie(w, r, "", -1)
	http.Redirect(w, r, codecPath+"sign-in", http.StatusSeeOther)
}

func (s *codecServer) setCookie(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever TLS is; the listener itself stands on loopback without
		Name: sessionCookie, Value: value, Path: codecPath, MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	})
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}

func (s *codecServer) show(w http.ResponseWriter, r *http.Request, status int, sorry string) {
	view := struct{ Sorry, Who, Until, Origin string }{Sorry: sorry, Origin: s.Origin}
	if open, err := s.session(r); err == nil {
		view.Who, view.Until = open.Who, open.Until.UTC().Format("15:04 MST")
	}
	for name, value := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Cache-Control":           "no-store",
		"Referrer-Policy":         "no-referrer",
		"X-Content-Type-Options":  "nosniff",
		"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	} {
		w.Header().Set(name, value)
	}
	w.WriteHeader(status)
	page := template.Must(template.New("page").Parse(codecPageHTML))
	_ = page.Execute(w, view) // whoever asked is gone
}
