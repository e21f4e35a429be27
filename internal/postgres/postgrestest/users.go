package postgrestest

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/user"
)

// NewUser makes somebody who may sign in.
func (f *Fixture) NewUser(t testing.TB, name string, role access.Role, agent conversation.AgentID) user.User {
	t.Helper()
	u, err := f.CreateUser(t.Context(), CLI, user.User{Name: name, Role: role, AgentID: agent})
	require.NoError(t, err)
	return u
}

// Opening is how sessions of tests begin.
func Opening() user.Opening {
	return user.Opening{Network: "192.0.2.0/24", Browser: "Firefox", Idle: time.Hour, Lifetime: 2 * time.Hour}
}

// Enters signs a user in, and returns the hash of the session's text.
func (f *Fixture) Enters(t testing.TB, u user.User) (access.Principal, [32]byte) {
	t.Helper()
	text, who, err := f.BeginSession(t.Context(), Tenant, u.ID, Opening())
	require.NoError(t, err)
	return who, HashOf(text)
}

// HashOf is the SHA-256 under which a text is kept.
func HashOf(text secret.Value) [32]byte { return sha256.Sum256([]byte(text.Reveal())) }
