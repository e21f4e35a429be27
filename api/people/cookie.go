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

// signedOut has the browser forget its cookie.
type signedOut struct {
	SetCookie string `header:"Set-Cookie"`
}

// letIn answers who has just signed in. The cookie ends with the browser, and is sent to nobody but this host, over TLS, by pages of
// ours alone; no script reads it.
func (p *People) letIn(ctx context.Context, text secret.Value, who access.Principal) (*signedIn, error) {
	p.cfg.Log.InfoContext(ctx, "signed in", "user_id", who.UserID, "session_id", who.SessionID)
	me, err := p.me(ctx, who)
	if err != nil {
		return nil, err
	}
	return &signedIn{sessionCookie(text.Reveal(), 0), me}, nil
}

// sessionCookie is the header that sets the cookie; a negative age has the browser forget it.
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
