package people

import (
	"context"
	"crypto/sha256"
	"errors"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/user"
)

type linkRequest struct {
	Code     string `json:"code" minLength:"1" maxLength:"512" doc:"What stands behind the # of the link"`
	Password string `json:"password,omitempty" doc:"A new one, 10 to 128 characters; needed by who has none yet"`
}

// badPassword says which passwords are allowed.
const badPassword = "expected 10 to 128 characters, and not the name"

// SignInByLink signs a person in by the code of a link. The link is used up only when the password, if one is needed, is accepted.
func (p *People) SignInByLink(ctx context.Context, in *struct{ Body linkRequest }) (*signedIn, error) {
	from, code := web.CallerOf(ctx).Client, sha256.Sum256([]byte(in.Body.Code))
	link, err := p.findLink(ctx, from, code)
	if err != nil {
		return nil, err
	}
	var hash string
	switch {
	case in.Body.Password != "":
		text, ok := user.NewPassword(link.Name, in.Body.Password)
		if !ok {
			return nil, web.Invalid.Problem(web.FaultAt("body.password", badPassword))
		}
		if hash, err = p.hash(ctx, text); err != nil {
			return nil, err
		}
	case !link.HasPassword && !link.HereOnly:
		return nil, web.PasswordNeeded.Problem()
	}
	text, who, err := p.cfg.Links.UseLink(ctx, link, code, hash, p.opening(from))
	switch {
	case errors.Is(err, conversation.ErrNotFound):
		return nil, p.linkRefused(from)
	case err != nil:
		return nil, err
	}
	return p.letIn(ctx, text, who)
}

// findLink finds the link of a code. A link of `wxdesk dev` is found only for callers on this machine.
func (p *People) findLink(ctx context.Context, from web.Client, code [32]byte) (link user.Link, err error) {
	if !p.cfg.Guard.MayGuess(from, code) {
		p.cfg.Guard.Refused(access.DeniedTries, from, access.Principal{})
		return link, web.TooManyTries.Retry(web.TriesPauseSeconds)
	}
	err = p.lookups.do(ctx, func() (err error) {
		link, err = p.cfg.Links.FindLink(ctx, code)
		return err
	})
	if errors.Is(err, conversation.ErrNotFound) || err == nil && link.HereOnly && !from.Here {
		p.cfg.Guard.WrongGuess(from)
		return link, p.linkRefused(from)
	}
	return link, err
}

func (p *People) linkRefused(from web.Client) error {
	p.cfg.Guard.Refused(access.DeniedLink, from, access.Principal{})
	return web.LinkRefused.Problem()
}
