package people

import (
	"context"
	"errors"
	"math"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret/password"
	"wxdesk/internal/user"
)

type signInRequest struct {
	Name     string `json:"name" minLength:"1" maxLength:"200"`
	Password string `json:"password" doc:"10 to 128 characters"`
}

// SignIn signs a person in by name and password. The answer is the same, and takes as long, whatever is wrong (S10, A22): the try is
// counted first, and a password is always hashed.
func (p *People) SignIn(ctx context.Context, in *struct{ Body signInRequest }) (*signedIn, error) {
	from := web.CallerOf(ctx).Client
	var id user.ID
	var stored string
	err := p.lookups.do(ctx, func() (err error) {
		if err := p.countTry(ctx, conversation.DefaultTenant, in.Body.Name, from); err != nil {
			return err
		}
		id, stored, err = p.cfg.Passwords.PasswordOf(ctx, conversation.DefaultTenant, in.Body.Name)
		if errors.Is(err, conversation.ErrNotFound) {
			return nil // nobody: hashed all the same
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	right, err := p.check(ctx, id, stored, in.Body.Password)
	switch {
	case err != nil:
		return nil, err
	case !right:
		return nil, p.signInRefused(from)
	}
	text, who, err := p.cfg.Sessions.BeginSession(ctx, conversation.DefaultTenant, id, p.opening(from))
	switch {
	case errors.Is(err, conversation.ErrNotFound):
		return nil, p.signInRefused(from)
	case err != nil:
		return nil, err
	}
	return p.letIn(ctx, text, who)
}

func (p *People) signInRefused(from web.Client) error {
	p.cfg.Guard.Refused(access.DeniedSignIn, from, access.Principal{})
	return web.SignInRefused.Problem()
}

// countTry counts a try with a name from a network, and refuses it if there were too many.
func (p *People) countTry(ctx context.Context, t conversation.Tenant, name string, from web.Client) error {
	wait, err := p.cfg.Passwords.CountTry(ctx, t, name, from.Network.String())
	if err != nil || wait == 0 {
		return err
	}
	p.cfg.Guard.Refused(access.DeniedSignInTries, from, access.Principal{})
	return web.TooManyTries.Retry(int(math.Ceil(wait.Seconds())))
}

// check reports whether what somebody has typed is the password of a hash ("" for none), in a place of hashes. It takes the same time
// for what can be nobody's password. A hash that was made with other parameters than ours is made anew.
func (p *People) check(ctx context.Context, id user.ID, stored, typed string) (right bool, err error) {
	text, possible := user.Password(typed)
	if !possible {
		stored = ""
	}
	var renewed string
	err = p.hashes.do(ctx, func() error {
		var outdated bool
		if right, outdated = password.Check(stored, text); outdated {
			renewed = password.Hash(text)
		}
		return nil
	})
	if err != nil || renewed == "" {
		return right, err
	}
	if err := p.cfg.Passwords.RenewPasswordHash(ctx, conversation.DefaultTenant, id, stored, renewed); err != nil {
		p.cfg.Log.WarnContext(ctx, "password hash not renewed", "user_id", string(id), "error", err) // the next sign-in tries again
	}
	return right, nil
}

// hash makes the hash of a password in a place of hashes.
func (p *People) hash(ctx context.Context, text string) (hash string, err error) {
	err = p.hashes.do(ctx, func() error {
		hash = password.Hash(text)
		return nil
	})
	return hash, err
}

func (p *People) opening(from web.Client) user.Opening {
	return user.Opening{
		Network: from.Network.String(), Browser: user.Browser(from.Browser), Idle: p.cfg.Idle.Truncate(time.Second), Lifetime: p.cfg.Lifetime.Truncate(time.Second),
		Replaces: from.Session,
	}
}
