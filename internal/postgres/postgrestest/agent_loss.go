package postgrestest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

// LossEnds has everybody offline who has lost the connection.
func (f *Fixture) LossEnds(t testing.TB) {
	t.Helper()
	f.Exec(t, `update due set due_at = now() where kind = 'agent-lost'`)
	_, err := f.MustDoAgentDue(t)
	require.NoError(t, err)
}

// WaitedFor reads how long nobody is told that an agent has lost the connection; zero where no row of due says so.
func (f *Fixture) WaitedFor(t testing.TB, agent conversation.AgentID) time.Duration {
	t.Helper()
	var seconds float64
	require.NoError(t, f.Raw.Get(&seconds, `
		select coalesce((select extract(epoch from d.due_at - a.lost_at) from due d join agents a on a.id = d.agent_id
			where d.agent_id = $1 and d.kind = 'agent-lost' and d.since = a.lost_at), 0)`, agent))
	return time.Duration(seconds * float64(time.Second))
}
