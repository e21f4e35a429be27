package postgrestest

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/routing"
)

// ConnectionOf is a connection of an agent.
func ConnectionOf(agent conversation.AgentID) feed.Connection {
	return feed.Connection{ID: uuid.NewString(), Tenant: Tenant, AgentID: agent, TokenID: uuid.NewString()}
}

// Presence is an agent's presence.
func (f *Fixture) Presence(t testing.TB, agent conversation.AgentID) routing.Presence {
	t.Helper()
	now, err := f.AgentNow(t.Context(), Tenant, agent)
	require.NoError(t, err)
	return now.Presence
}

// Timer reads how long after its agent went offline the agent's work is to go back; zero where no row of due says so.
func (f *Fixture) Timer(t *testing.T, agent conversation.AgentID) (grace time.Duration) {
	t.Helper()
	var seconds float64
	require.NoError(t, f.Raw.Get(&seconds, `
		select coalesce((select extract(epoch from d.due_at - a.presence_at) from due d join agents a on a.id = d.agent_id
			where d.agent_id = $1 and d.kind = 'agent-gone' and d.since = a.presence_at), 0)`, agent))
	return time.Duration(seconds * float64(time.Second))
}
