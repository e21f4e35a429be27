package user

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// ID identifies a user: a UUID.
type ID string

// User is a person who may sign in. The role says what they may do, the agent whose work they do, whatever the role.
type User struct {
	Tenant    conversation.Tenant
	ID        ID
	Version   int64 // counts changes
	CreatedAt time.Time

	Name     string
	Role     access.Role
	AgentID  conversation.AgentID // "" if the user is no agent; never "" with RoleAgent
	Locale   string               // "zh-CN", "en", or "" for what the browser says
	Disabled bool

	HasPassword  bool      // false until the first sign-in by a link
	LastSignInAt time.Time // zero: never
}

// ErrLastAdmin: without this administrator nobody could set anything up; make another one first.
var ErrLastAdmin = errors.New("user: there would be no administrator left")

const maxName = 100 // characters

// ValidName reports whether a person can have a name: 1 to 100 characters, none of them a control character, and no space around.
func ValidName(name string) bool {
	return name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName && strings.TrimSpace(name) == name &&
		strings.IndexFunc(name, unicode.IsControl) < 0 && Key(name) != ""
}

// Key returns a name in the form in which names are compared: without case, width, and spaces at its ends. So two users cannot have names that
// look the same.
func Key(name string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(strings.TrimSpace(name))))
}

// Administers reports whether the user is an administrator who can sign in.
func (u User) Administers() bool { return u.Role == access.RoleAdmin && !u.Disabled }

// EndsSessions reports whether a change gives or takes rights. Then all sessions end, and the user signs in again to have the new rights.
func EndsSessions(before, after User) bool {
	return before.Role != after.Role || before.AgentID != after.AgentID || after.Disabled && !before.Disabled
}
