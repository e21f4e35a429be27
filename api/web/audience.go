package web

import (
	"slices"
	"strings"

	"wxdesk/internal/access"
)

// Audience says who may use an operation.
type Audience struct {
	roles  []access.Role
	agent  bool // only callers who are agents, whatever their role
	person bool // only people who have signed in, and no API token
	open   bool // everybody, also without a credential
}

// Roles allows callers with one of the roles.
func Roles(roles ...access.Role) Audience { return Audience{roles: roles} }

// Agents allows callers with one of the roles who are agents.
func (a Audience) Agents() Audience { a.agent = true; return a }

// SignedIn allows people with one of the roles who have signed in, and no API tokens.
func (a Audience) SignedIn() Audience { a.person = true; return a }

// Anybody allows everybody, also those who have not signed in.
func Anybody() Audience { return Audience{open: true} }

// Open reports whether everybody may use the operation.
func (a Audience) Open() bool { return a.open }

// ForPeople reports whether API tokens are refused.
func (a Audience) ForPeople() bool { return a.person }

// Lets reports whether the audience includes a principal. A principal with the role agent must be an agent.
func (a Audience) Lets(who access.Principal) bool {
	switch {
	case a.open:
		return true
	case who.AgentID == "" && (a.agent || who.Role == access.RoleAgent), who.UserID == "" && a.person:
		return false
	}
	return slices.Contains(a.roles, who.Role)
}

// String describes the audience in the API's description.
func (a Audience) String() string {
	if a.open {
		return "For everybody."
	}
	names := make([]string, len(a.roles))
	for i, r := range a.roles {
		names[i] = string(r)
	}
	text := "For " + strings.Join(names, ", ")
	if a.agent {
		text += " who is an agent"
	}
	if a.person {
		text += ", signed in with a session"
	}
	return text + "."
}
