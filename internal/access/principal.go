package access

import "wxdesk/internal/conversation"

// Role is what the bearer of an API token may do.
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

// Principal is the owner of the API token of a request.
type Principal struct {
	Tenant  conversation.Tenant
	TokenID string // UUID
	Name    string
	Role    Role
	AgentID conversation.AgentID // for RoleAgent
}

// Viewer returns the principal as the person who reads.
func (p Principal) Viewer() Viewer {
	if p.Role == RoleAgent {
		return Viewer{Tenant: p.Tenant, AgentID: p.AgentID}
	}
	return Viewer{Tenant: p.Tenant}
}

// Viewer is the person who reads. The query decides what an agent may see (S5). Supervisors and administrators see the whole tenant.
type Viewer struct {
	Tenant  conversation.Tenant
	AgentID conversation.AgentID // "" for supervisors and admins
}

// Actor is the person or the command line that changes something, for the audit.
type Actor struct {
	Tenant conversation.Tenant
	Name   string // an API token's id, or "cli"
}
