package postgrestest

import (
	"testing"

	"github.com/google/uuid"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// FirstQueue is a queue's id.
const FirstQueue = "00000000-0000-7000-8000-000000000002"

// NewAgent adds an agent to the tables.
func (f *Fixture) NewAgent(t *testing.T, name string) conversation.AgentID {
	t.Helper()
	id := uuid.NewString()
	f.Exec(t, `insert into agents (tenant, id, name) values ($1, $2, $3)`, Tenant, id, name)
	return conversation.AgentID(id)
}

// Viewing is an agent who looks.
func Viewing(agent conversation.AgentID) access.Viewer {
	return access.Viewer{Tenant: Tenant, AgentID: agent}
}
