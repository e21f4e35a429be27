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

// SignIn signs a person in by name and password. Whatever is wrong, the answer is the same and takes as long (S10, A22): every try is counted
// first, and then a password is hashed in any case.
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
			return nil // an unknown name: the password is hashed all the same
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

// countTry counts a try to sign in with a name from a network. It returns TooManyTries if there were too many.
func (p *People) countTry(ctx context.Context, t conversation.Tenant, name string, from web.Client) error {
	wait, err := p.cfg.Passwords.CountTry(ctx, t, name, from.Network.String())
	if err != nil || wait == 0 {
		return err
	}
	p.cfg.Guard.Refused(access.DeniedSignInTries, from, access.Principal{})
	return web.TooManyTries.Retry(int(math.Ceil(wait.Seconds())))
}

// check reports whether a typed text is the password of the stored hash; "" is no hash. It takes a place of p.hashes. A text that cannot be a
// password takes as long as any other. If the password is right and its hash has other parameters than ours, the hash is made anew.
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

// hash makes the hash of a password. It takes a place of p.hashes.
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
