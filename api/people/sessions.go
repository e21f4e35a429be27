package people

import (
	"context"
	"slices"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/user"
)

// sessionView is a session as its owner sees it. The session's text is not part of it.
type sessionView struct {
	ID        string    `json:"id" format:"uuid"`
	Current   bool      `json:"current" doc:"Whether it is the one of this request"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at" doc:"To a minute"`
	Network   string    `json:"network" doc:"Where you signed in from: /24 or /64" example:"192.0.2.0/24"`
	Browser   string    `json:"browser" doc:"What it called itself"`
}

// sessionList has all sessions of a person, which are few: it has no pages.
type sessionList struct {
	Items []sessionView `json:"items" nullable:"false"`
}

// ListSessions lists the caller's sessions, newest first.
func (p *People) ListSessions(ctx context.Context, _ *struct{}) (*struct{ Body sessionList }, error) {
	who := web.CallerOf(ctx)
	found, err := p.cfg.Sessions.SessionsOf(ctx, who.Tenant, user.ID(who.UserID))
	if err != nil {
		return nil, err
	}
	list := sessionList{Items: make([]sessionView, len(found))}
	for i, s := range found {
		list.Items[i] = sessionView{s.ID, s.ID == who.SessionID, s.CreatedAt.UTC(), s.SeenAt.UTC(), s.Network, s.Browser}
	}
	return &struct{ Body sessionList }{list}, nil
}

// EndSession ends one of the caller's sessions.
func (p *People) EndSession(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*struct{}, error) {
	return nil, p.endSession(ctx, web.CallerOf(ctx), in.ID)
}

type passwordRequest struct {
	Current  string `json:"current,omitempty" doc:"The one until now; not needed within 15 minutes after you signed in by a link"`
	Password string `json:"password" doc:"10 to 128 characters, and not your name"`
}

// SetPassword sets the caller's password and ends their other sessions. A wrong current password counts as a try to sign in, so somebody at a
// desk that was left open guesses no faster than anybody else.
func (p *People) SetPassword(ctx context.Context, in *struct{ Body passwordRequest }) (*struct{}, error) {
	who := web.CallerOf(ctx)
	text, ok := user.NewPassword(who.Name, in.Body.Password)
	if !ok {
		return nil, web.Invalid.Problem(web.FaultAt("body.password", badPassword))
	}
	if err := p.knowsCurrent(ctx, who, in.Body.Current); err != nil {
		return nil, err
	}
	hash, err := p.hash(ctx, text)
	if err != nil {
		return nil, err
	}
	return nil, p.cfg.Passwords.SetPassword(ctx, who.Principal, hash)
}

// knowsCurrent refuses a caller who has to give their current password and gives a wrong one.
func (p *People) knowsCurrent(ctx context.Context, who web.Caller, typed string) error {
	id, stored, err := p.cfg.Passwords.PasswordOf(ctx, who.Tenant, who.Name)
	if err != nil {
		return err
	}
	sessions, err := p.cfg.Sessions.SessionsOf(ctx, who.Tenant, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(sessions, func(s user.Session) bool { return s.ID == who.SessionID })
	switch {
	case i < 0 || string(id) != who.UserID: // the session has ended, or the user was renamed, since the request came
		return conversation.ErrNotFound
	case !sessions[i].NeedsCurrent(stored != "", p.cfg.Now()):
		return nil
	}
	if err := p.countTry(ctx, who.Tenant, who.Name, who.Client); err != nil {
		return err
	}
	right, err := p.check(ctx, id, stored, typed)
	if err == nil && !right {
		p.cfg.Guard.Refused(access.DeniedSignIn, who.Client, who.Principal)
		return web.Invalid.Problem(web.FaultAt("body.current", "expected your password until now"))
	}
	return err
}
