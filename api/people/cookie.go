package people

import (
	"context"
	"net/http"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/secret"
	"wxdesk/internal/user"
)

// signedIn answers with the session's cookie, and who has signed in.
type signedIn struct {
	SetCookie string `header:"Set-Cookie"`
	Body      meView
}

// signedOut is the answer by which the browser removes its cookie.
type signedOut struct {
	SetCookie string `header:"Set-Cookie"`
}

// letIn makes the answer to a sign-in. The browser forgets the cookie when it ends. It sends the cookie to this host only, over TLS, and for
// pages of this host only. Scripts cannot read it.
func (p *People) letIn(ctx context.Context, text secret.Value, who access.Principal) (*signedIn, error) {
	p.cfg.Log.InfoContext(ctx, "signed in", "user_id", who.UserID, "session_id", who.SessionID)
	me, err := p.me(ctx, who)
	if err != nil {
		return nil, err
	}
	return &signedIn{sessionCookie(text.Reveal(), 0), me}, nil
}

// sessionCookie returns the header that sets the cookie. With a negative age the browser removes the cookie.
func sessionCookie(text string, age int) string {
	cookie := http.Cookie{
		Name: web.SessionCookie, Value: text, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	return cookie.String()
}

// SignOut ends the caller's session.
func (p *People) SignOut(ctx context.Context, _ *struct{}) (*signedOut, error) {
	who := web.CallerOf(ctx)
	if err := p.endSession(ctx, who, who.SessionID); err != nil {
		return nil, err
	}
	return &signedOut{sessionCookie("", -1)}, nil
}

func (p *People) endSession(ctx context.Context, who web.Caller, session string) error {
	if err := p.cfg.Sessions.EndSession(ctx, who.Tenant, user.ID(who.UserID), session); err != nil {
		return err
	}
	p.cfg.Log.InfoContext(ctx, "signed out", "user_id", who.UserID, "session_id", session)
	return nil
}
