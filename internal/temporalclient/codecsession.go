package temporalclient

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/telemetry"
)

const (
	sessionCookie   = "wxdesk_codec"
	sessionLifetime = 12 * time.Hour // a working day
	ticketLifetime  = 15 * time.Minute
	codecPath       = "/codec/" // the cookie goes nowhere else: ports of one host share their cookies
	ticketParam     = "ticket"
)

// Sessions keep who has signed in, by the SHA-256 of what their browser keeps, so that every API process knows it and signing out
// ends it.
type Sessions interface {
	// PutCodecSession keeps a session, or a ticket for one, for so long from now.
	PutCodecSession(ctx context.Context, hash [32]byte, s access.CodecSession, life time.Duration) error
	// CodecSession finds a session; conversation.ErrNotFound if there is none, or it is over, or has ended.
	CodecSession(ctx context.Context, hash [32]byte) (access.CodecSession, error)
	// TakeCodecTicket uses a ticket up and says whose it was; conversation.ErrNotFound if there is none, or it is over or used.
	TakeCodecTicket(ctx context.Context, hash [32]byte) (who string, err error)
	// EndCodecSession ends a session; again it changes nothing.
	EndCodecSession(ctx context.Context, hash [32]byte) error
}

// NewCodecTicket creates and stores a ticket, and returns its text. Within 15 minutes the ticket signs one person in at
// /codec/sign-in, once, without an API token. The log of the codec endpoint names who as the actor.
func NewCodecTicket(ctx context.Context, sessions Sessions, who string) (ticket string, err error) {
	return begin(ctx, sessions, access.CodecSession{Who: who, Ticket: true}, ticketLifetime)
}

// CodecSignIn is the page where people sign in, of a private listener.
func CodecSignIn(opsURL, ticket string) string {
	return opsURL + codecPath + "sign-in?" + url.Values{ticketParam: {ticket}}.Encode()
}

// begin keeps a session or ticket under a new text, which it returns.
func begin(ctx context.Context, sessions Sessions, s access.CodecSession, life time.Duration) (text string, err error) {
	text = base64.RawURLEncoding.EncodeToString(secret.NewKey())
	return text, sessions.PutCodecSession(ctx, sha256.Sum256([]byte(text)), s, life)
}

// session is that of the request's cookie. It fails with errSignIn if there is none that counts.
func (s *codecServer) session(r *http.Request) (access.CodecSession, error) {
	hash, ok := cookieHash(r)
	if !ok {
		return access.CodecSession{}, errSignIn
	}
	open, err := s.Sessions.CodecSession(r.Context(), hash)
	switch {
	case errors.Is(err, conversation.ErrNotFound):
		return access.CodecSession{}, errSignIn
	case err != nil, open.Token == nil:
		return open, err
	case len(open.Token) != sha256.Size:
		return access.CodecSession{}, errSignIn
	}
	_, err = s.admin(r.Context(), [sha256.Size]byte(open.Token))
	return open, err
}

func cookieHash(r *http.Request) (hash [sha256.Size]byte, ok bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return hash, false
	}
	return sha256.Sum256([]byte(cookie.Value)), true
}

//go:embed codecpage.html
var codecPageHTML string

// page shows who is signed in, and lets people sign in and out. A ticket signs in only by the page's button: a link on another
// site could be followed by accident.
func (s *codecServer) page(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "")
}

// signIn takes a ticket, or else an admin's API token.
func (s *codecServer) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	begun, err := s.proved(r)
	if err == nil {
		err = s.begin(w, r, begun)
	}
	switch {
	case err == nil:
	case errors.Is(err, conversation.ErrNotFound):
		s.show(w, r, http.StatusUnauthorized, "That link was used, or is too old. Sign in with an API token, or take a fresh link.")
	case errors.Is(err, errSignIn):
		s.show(w, r, http.StatusUnauthorized, "There is no such API token.")
	case errors.Is(err, errNotAdmin):
		s.show(w, r, http.StatusForbidden, "That API token is not an admin's.")
	default:
		s.Log.ErrorContext(r.Context(), "codec sign-in lookup failed", telemetry.FieldError, err)
		s.show(w, r, http.StatusServiceUnavailable, "Nobody can sign in at this moment: the database does not answer.")
	}
}

// proved is a session for whoever sent the form.
func (s *codecServer) proved(r *http.Request) (access.CodecSession, error) {
	if ticket := r.PostFormValue(ticketParam); ticket != "" {
		who, err := s.Sessions.TakeCodecTicket(r.Context(), sha256.Sum256([]byte(ticket)))
		return access.CodecSession{Who: who}, err
	}
	hash := sha256.Sum256([]byte(r.PostFormValue("token")))
	who, err := s.admin(r.Context(), hash)
	return access.CodecSession{Who: who, Token: hash[:]}, err
}

func (s *codecServer) begin(w http.ResponseWriter, r *http.Request, begun access.CodecSession) error {
	cookie, err := begin(r.Context(), s.Sessions, begun, sessionLifetime)
	if err != nil {
		return err
	}
	s.setCookie(w, r, cookie, int(sessionLifetime.Seconds()))
	s.Log.InfoContext(r.Context(), "codec endpoint signed in", "actor", begun.Who)
	http.Redirect(w, r, codecPath+"sign-in", http.StatusSeeOther) // and the ticket is out of the address bar
	return nil
}

// signOut ends the session, also for who has copied the cookie.
func (s *codecServer) signOut(w http.ResponseWriter, r *http.Request) {
	if hash, ok := cookieHash(r); ok {
		if err := s.Sessions.EndCodecSession(r.Context(), hash); err != nil {
			s.Log.ErrorContext(r.Context(), "codec sign-out failed", telemetry.FieldError, err)
			s.show(w, r, http.StatusServiceUnavailable, "You are still signed in: the database does not answer.")
			return
		}
	}
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
	view := struct{ Sorry, Who, Until, Origin, Ticket string }{
		Sorry: sorry, Origin: s.Origin, Ticket: r.URL.Query().Get(ticketParam),
	}
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
