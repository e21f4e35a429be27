package web

import (
	"slices"
	"strings"

	"wxdesk/internal/access"
)

// Audience is who may ask for an operation.
type Audience struct {
	roles  []access.Role
	agent  bool // who is an agent, whatever the role
	person bool // who has signed in: no API token
	open   bool // anybody
}

// Roles are those with one of the roles.
func Roles(roles ...access.Role) Audience { return Audience{roles: roles} }

// Agents are those of them who are agents.
func (a Audience) Agents() Audience { a.agent = true; return a }

// SignedIn are those of them who are people that have signed in, and no API tokens.
func (a Audience) SignedIn() Audience { a.person = true; return a }

// Anybody are those who have not signed in yet, too.
func Anybody() Audience { return Audience{open: true} }

// Open reports whether nobody has to say who they are.
func (a Audience) Open() bool { return a.open }

// ForPeople reports whether API tokens are of no use.
func (a Audience) ForPeople() bool { return a.person }

// Lets reports whether somebody belongs to it. With the role agent one has to be an agent, whatever is asked for.
func (a Audience) Lets(who access.Principal) bool {
	switch {
	case a.open:
		return true
	case who.AgentID == "" && (a.agent || who.Role == access.RoleAgent), who.UserID == "" && a.person:
		return false
	}
	return slices.Contains(a.roles, who.Role)
}

// String says it in the API's description.
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
