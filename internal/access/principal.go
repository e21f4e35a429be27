package access

import (
	"cmp"

	"wxdesk/internal/conversation"
)

// Role is what a person, or the bearer of an API token, may do.
type Role string

// The roles.
const (
	RoleAdmin      Role = "admin"      // sets up accounts, sees everything of the tenant
	RoleSupervisor Role = "supervisor" // sees and steers every conversation
	RoleAgent      Role = "agent"      // sees what is theirs or waits for them, and answers
)

// Valid reports whether r is one of the three.
func (r Role) Valid() bool {
	switch r {
	case RoleAdmin, RoleSupervisor, RoleAgent:
		return true
	}
	return false
}

// Principal is who stands behind a request: a person who has signed in, or the bearer of an API token. What they may do is their
// role; whose work they do is the agent, whatever the role.
type Principal struct {
	Tenant    conversation.Tenant
	TokenID   string // UUID of the API token; "" for a person
	UserID    string // UUID of the person; "" for the bearer of an API token
	SessionID string // UUID of the session in which the person has signed in
	Name      string
	Role      Role
	AgentID   conversation.AgentID // "" for who is no agent; never for RoleAgent
}

// ActorID names who acts, also beyond a session: the person, or else the API token.
func (p Principal) ActorID() string { return cmp.Or(p.UserID, p.TokenID) }

// Viewer returns the principal as the person who reads.
func (p Principal) Viewer() Viewer {
	v := p.AgentViewer()
	if p.Role != RoleAgent {
		v.AgentID = ""
	}
	return v
}

// AgentViewer returns the principal as the agent who reads, whatever the role.
func (p Principal) AgentViewer() Viewer {
	return Viewer{Tenant: p.Tenant, AgentID: p.AgentID, Reader: cmp.Or(string(p.AgentID), p.ActorID()), ActorID: p.ActorID()}
}

// Viewer is the person who reads. The query decides what an agent may see (S5). Supervisors and administrators see the whole tenant.
type Viewer struct {
	Tenant  conversation.Tenant
	AgentID conversation.AgentID // "" for supervisors and admins
	Reader  string               // whose read marks count: the id of an agent, or of who is none. It does not decide what may be seen
	ActorID string               // who sends commands: they are shown their own keys; "" for nobody
}

// Actor is the person or the command line that changes something, for the audit.
type Actor struct {
	Tenant conversation.Tenant
	Name   string // a person's id, an API token's, or "cli"
}
