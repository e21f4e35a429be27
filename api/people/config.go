package people

import (
	"context"
	"log/slog"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/user"
)

// Ports is what the package asks of the ledger.
type Ports struct {
	Users     Users
	Passwords Passwords
	Sessions  Sessions
	Links     Links
	Shifts    Shifts
	Presences Presences
}

// Users keeps the people who may sign in.
type Users interface {
	// CreateUser adds a user without a password. It returns ErrExists if another user has the name or the agent; routing.UnknownError when
	// there is no such agent.
	CreateUser(ctx context.Context, by access.Actor, u user.User) (user.User, error)
	User(ctx context.Context, t conversation.Tenant, id user.ID) (user.User, error)
	ListUsers(ctx context.Context, t conversation.Tenant, after user.ID, limit int) ([]user.User, error)
	// UpdateUser changes everything but password and preferences; a change of rights ends the user's sessions. user.ErrLastAdmin where
	// no administrator would be left.
	UpdateUser(ctx context.Context, by access.Actor, u user.User) (user.User, error)
	DeleteUser(ctx context.Context, by access.Actor, id user.ID) error
	Preferences(ctx context.Context, t conversation.Tenant, id user.ID) (locale string, p user.Preferences, err error)
	// SetPreferences changes the given preferences and returns all of them.
	SetPreferences(ctx context.Context, t conversation.Tenant, id user.ID, locale *string, change user.Preferences) (string, user.Preferences, error)
}

// Passwords keeps the hashes of passwords, and counts tries to sign in.
type Passwords interface {
	// CountTry counts a try, over all processes. It returns how long nobody may try; 0 if this try may be made.
	CountTry(ctx context.Context, t conversation.Tenant, name, network string) (time.Duration, error)
	// PasswordOf returns the user of a name and the hash of their password, "" if they have none. It returns ErrNotFound if nobody who may
	// sign in has the name.
	PasswordOf(ctx context.Context, t conversation.Tenant, name string) (id user.ID, hash string, err error)
	// RenewPasswordHash replaces a hash by another one of the same password.
	RenewPasswordHash(ctx context.Context, t conversation.Tenant, id user.ID, old, hash string) error
	// SetPassword sets the password of the person of a session, and ends their other sessions.
	SetPassword(ctx context.Context, by access.Principal, hash string) error
}

// Sessions keeps sessions. The text of a session is returned once, when it begins.
type Sessions interface {
	// BeginSession signs a user in. It returns ErrNotFound if they may not sign in any more.
	BeginSession(ctx context.Context, t conversation.Tenant, id user.ID, o user.Opening) (secret.Value, access.Principal, error)
	SessionsOf(ctx context.Context, t conversation.Tenant, id user.ID) ([]user.Session, error)
	// EndSession ends one of the user's sessions. It returns ErrNotFound if they have no such session.
	EndSession(ctx context.Context, t conversation.Tenant, id user.ID, session string) error
}

// Links keeps the links that sign in once, by the SHA-256 of their code.
type Links interface {
	MakeLink(ctx context.Context, by access.Actor, id user.ID, hereOnly bool) (code secret.Value, until time.Time, err error)
	// FindLink finds a link and does not use it up. It returns ErrNotFound if the link is unknown, used or over, or its user may not sign in.
	FindLink(ctx context.Context, hash [32]byte) (user.Link, error)
	// UseLink signs the user in, and sets a new password if its hash is given. It returns ErrNotFound if somebody else has used the link.
	UseLink(ctx context.Context, link user.Link, hash [32]byte, password string, o user.Opening) (secret.Value, access.Principal, error)
}

// Shifts keeps the shifts of people who have signed in.
type Shifts interface {
	BeginShift(ctx context.Context, who access.Principal) error
	EndShift(ctx context.Context, who access.Principal) error
	// AtWork reports whether a person's shift is on; of an API token, whether it has a stream for its agent.
	AtWork(ctx context.Context, who access.Principal) (bool, error)
}

// Presences reads agents' presences.
type Presences interface {
	AgentNow(ctx context.Context, t conversation.Tenant, id conversation.AgentID) (routing.AgentNow, error)
}

// Config is what the package needs. Every field must be set.
type Config struct {
	Ports
	Guard   *web.Guard
	Cursors web.Cursors
	// ConsoleURL is the address that links begin with, without a slash at the end.
	ConsoleURL string
	// Idle and Lifetime are how long a session lasts without a request, and in all.
	Idle, Lifetime time.Duration
	Log            *slog.Logger
	Now            func() time.Time
}
