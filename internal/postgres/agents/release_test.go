package agents_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// M05
func TestAgentGone_workGoesBackToItsQueue(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	f.Exec(t, `update workstreams set auto_accept = true`)
	f.Agents(t, 1, 4)
	f.Arrive(t, 2)
	require.Equal(t, 2, f.MustDistribute(t, f.Ledger))
	var agent conversation.AgentID
	require.NoError(t, f.Raw.Get(&agent, `select id from agents`))

	gone := func() {
		f.Exec(t, `insert into due (tenant, kind, agent_id, since, due_at) select tenant, 'agent-gone', id, now(), now() from agents`)
		_, err := f.MustDoAgentDue(t)
		require.NoError(t, err)
	}
	gone()
	require.Equal(t, 2, f.Count(t, "conversations", "holder = 'agent'"), "the agent is not offline")

	f.Exec(t, `update agents set presence = 'offline', presence_at = now()`)
	f.Exec(t, `update conversations set state = 'wrap_up' where id = (select min(id::text)::uuid from conversations)`)
	gone()
	require.Equal(t, 1, f.Count(t, "conversations", "state = 'open' and holder = 'queue' and agent_id is null and epoch = 3"))
	require.Equal(t, 1, f.Count(t, "conversations", "state = 'wrap_up' and holder = 'agent'"), "what the agent wraps up stays theirs")
	require.Equal(t, 1, f.Count(t, "assignments", "state = 'ended'"))

	require.NoError(t, f.ReleaseWork(t.Context(), postgrestest.Tenant, agent, "agent-disabled"))
	require.Equal(t, 2, f.Count(t, "work_items", "state = 'waiting' and affinity_agent is null"))
	require.Zero(t, f.Count(t, "assignments", "state in ('offered', 'accepted')"))
}
