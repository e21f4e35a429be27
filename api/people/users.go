package people

import (
	"context"
	"errors"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/user"
)

// userView is a user as administrators see them. It says whether there is a password, and nothing else about it.
type userView struct {
	ID           string      `json:"id" format:"uuid"`
	Name         string      `json:"name"`
	Role         access.Role `json:"role" enum:"admin,supervisor,agent"`
	AgentID      *string     `json:"agent_id" format:"uuid" doc:"Whose work they do, whatever their role; null: nobody's"`
	Disabled     bool        `json:"disabled"`
	Locale       string      `json:"locale" enum:"zh-CN,en," doc:"Empty: what the browser says"`
	HasPassword  bool        `json:"has_password" doc:"false: they need a link to sign in for the first time"`
	LastSignInAt *time.Time  `json:"last_sign_in_at" doc:"null: never"`
	Version      int64       `json:"version" doc:"Counts changes; also the ETag"`
	CreatedAt    time.Time   `json:"created_at"`
}

func viewUser(u user.User) userView {
	return userView{
		ID: string(u.ID), Name: u.Name, Role: u.Role, AgentID: web.OrNull(string(u.AgentID)), Disabled: u.Disabled, Locale: u.Locale,
		HasPassword: u.HasPassword, LastSignInAt: web.TimeOrNull(u.LastSignInAt), Version: u.Version, CreatedAt: u.CreatedAt.UTC(),
	}
}

type userAnswer struct {
	ETag string `header:"ETag"`
	Body userView
}

type userCreated struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     userView
}

func answerUser(u user.User, err error) (*userAnswer, error) {
	if err != nil {
		return nil, lastAdmin(err)
	}
	return &userAnswer{web.VersionTag(u.Version), viewUser(u)}, nil
}

// lastAdmin turns user.ErrLastAdmin into its problem (M06).
func lastAdmin(err error) error {
	if errors.Is(err, user.ErrLastAdmin) {
		return web.LastAdministrator.Problem()
	}
	return err
}

// userPath names a user in the path.
type userPath struct {
	ID string `path:"id" format:"uuid"`
}

type newUser struct {
	Name    string      `json:"name" minLength:"1" maxLength:"100"`
	Role    access.Role `json:"role" enum:"admin,supervisor,agent"`
	AgentID string      `json:"agent_id,omitempty" format:"uuid" doc:"Needed with the role agent"`
	Locale  string      `json:"locale,omitempty" enum:"zh-CN,en,"`
}

// CreateUser adds a user. A link signs them in for the first time.
func (p *People) CreateUser(ctx context.Context, in *struct{ Body newUser }) (*userCreated, error) {
	u := user.User{Name: in.Body.Name, Role: in.Body.Role, AgentID: conversation.AgentID(in.Body.AgentID), Locale: in.Body.Locale}
	if faults := faultsOf(u); len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	created, err := p.cfg.Users.CreateUser(ctx, web.CallerOf(ctx).Actor(), u)
	if err != nil {
		return nil, err
	}
	return &userCreated{"/v1/users/" + string(created.ID), web.VersionTag(created.Version), viewUser(created)}, nil
}

func faultsOf(u user.User) (faults []web.Fault) {
	if !user.ValidName(u.Name) {
		faults = append(faults, web.FaultAt("body.name", "expected 1 to 100 characters, no control character, and no space at either end"))
	}
	switch {
	case u.AgentID != "" && !web.IsUUID(string(u.AgentID)):
		faults = append(faults, web.FaultAt("body.agent_id", "expected a UUID in lower case"))
	case u.Role == access.RoleAgent && u.AgentID == "":
		faults = append(faults, web.FaultAt("body.agent_id", "expected an agent, with the role agent"))
	}
	return faults
}

// ListUsers lists the users of the caller's tenant, oldest first.
func (p *People) ListUsers(ctx context.Context, in *web.PageQuery) (*struct{ Body web.Page[userView] }, error) {
	who := web.CallerOf(ctx)
	list := []string{"users", string(who.Tenant)}
	after, err := p.cfg.Cursors.Position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	found, err := p.cfg.Users.ListUsers(ctx, who.Tenant, user.ID(after), in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &struct{ Body web.Page[userView] }{web.PageOf(found, in.Limit, viewUser, func(last user.User) string {
		return p.cfg.Cursors.After(string(last.ID), list...)
	})}, nil
}

// GetUser answers with a user.
func (p *People) GetUser(ctx context.Context, in *userPath) (*userAnswer, error) {
	return answerUser(p.cfg.Users.User(ctx, web.CallerOf(ctx).Tenant, user.ID(in.ID)))
}

type userChange struct {
	Name     *string              `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Role     *access.Role         `json:"role,omitempty" enum:"admin,supervisor,agent"`
	AgentID  web.Optional[string] `json:"agent_id,omitempty" format:"uuid" doc:"null: they are no agent any more"`
	Locale   *string              `json:"locale,omitempty" enum:"zh-CN,en,"`
	Disabled *bool                `json:"disabled,omitempty" doc:"true: they may not sign in, and what they have open ends"`
}

// apply returns the user as the change wants them.
func (c userChange) apply(u user.User) user.User {
	set(&u.Name, c.Name)
	set(&u.Role, c.Role)
	set(&u.Locale, c.Locale)
	set(&u.Disabled, c.Disabled)
	if c.AgentID.Given {
		u.AgentID = conversation.AgentID(c.AgentID.Value)
	}
	return u
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// changeTries is how often a change without If-Match is tried again because somebody else has changed the user in between.
const changeTries = 3

// ChangeUser changes a user. A change of rights ends their sessions, and with them their event streams.
func (p *People) ChangeUser(ctx context.Context, in *struct {
	ID      string `path:"id" format:"uuid"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is meant for; without it, whatever there is changes"`
	Body    userChange
},
) (*userAnswer, error) {
	who := web.CallerOf(ctx)
	for try := 1; ; try++ {
		old, err := p.cfg.Users.User(ctx, who.Tenant, user.ID(in.ID))
		switch {
		case err != nil:
			return nil, err
		case web.IsOtherVersion(in.IfMatch, old.Version):
			return nil, conversation.ErrVersion
		}
		wished := in.Body.apply(old)
		if faults := faultsOf(wished); len(faults) > 0 {
			return nil, web.Invalid.Problem(faults...)
		}
		changed, err := p.cfg.Users.UpdateUser(ctx, who.Actor(), wished)
		if errors.Is(err, conversation.ErrVersion) && in.IfMatch == "" && try < changeTries {
			continue
		}
		return answerUser(changed, err)
	}
}

// DeleteUser removes a user. What they wrote stays under their name.
func (p *People) DeleteUser(ctx context.Context, in *userPath) (*struct{}, error) {
	return nil, lastAdmin(p.cfg.Users.DeleteUser(ctx, web.CallerOf(ctx).Actor(), user.ID(in.ID)))
}

// linkView is a link that signs a user in once.
type linkView struct {
	URL       string    `json:"url" format:"uri" doc:"Whoever has it is let in: give it to nobody but the user"`
	ExpiresAt time.Time `json:"expires_at"`
}

// MakeLink makes a link that signs a user in once, and replaces their earlier links. Its code stands behind the #: browsers never send that
// part of an address.
func (p *People) MakeLink(ctx context.Context, in *userPath) (*struct{ Body linkView }, error) {
	code, until, err := p.cfg.Links.MakeLink(ctx, web.CallerOf(ctx).Actor(), user.ID(in.ID), false)
	if err != nil {
		return nil, err
	}
	return &struct{ Body linkView }{linkView{user.LinkURL(p.cfg.ConsoleURL, code.Reveal()), until.UTC()}}, nil
}
