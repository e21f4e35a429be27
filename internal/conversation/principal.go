package conversation

import "time"

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

// Principal is who stands behind a request.
type Principal struct {
	Tenant  Tenant
	TokenID string // UUID
	Name    string
	Role    Role
	AgentID AgentID // for RoleAgent
}

// MaxTokenLifetime is how long an API token lives at most.
const MaxTokenLifetime = 365 * 24 * time.Hour

// TokenInfo is an API token without its text, of which only the SHA-256 is kept.
type TokenInfo struct {
	Principal
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time // to a minute; zero where it was never used
	RevokedAt  time.Time // zero where it was not revoked
}

// Viewer is what the principal may see.
func (p Principal) Viewer() Viewer {
	if p.Role == RoleAgent {
		return Viewer{Tenant: p.Tenant, AgentID: p.AgentID}
	}
	return Viewer{Tenant: p.Tenant}
}
