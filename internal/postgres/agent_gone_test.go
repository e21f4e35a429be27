package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// away is an agent with a conversation who has lost his last desk, and since when.
func (d *office) away(name string) (mei conversation.Principal, since time.Time) {
	d.t.Helper()
	mei = d.agent(name)
	d.had("customer of "+name, mei)
	desk := deskOf(mei.AgentID)
	require.NoError(d.t, d.Connect(d.t.Context(), uuid.NewString(), desk))
	lost, since, err := d.Disconnect(d.t.Context(), desk)
	require.NoError(d.t, err)
	require.True(d.t, lost)
	return mei, since
}

// It stops the end of the grace where it has found the agent's work and has not yet looked at the agent, and lets him come
// back in that moment.
func TestPRE7_D4_whoComesBackInTheVeryMomentInWhichHisGraceEndsKeepsHisWork(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, since := d.away("Mei")
	hold, err := d.raw.Beginx()
	require.NoError(t, err)
	defer hold.Rollback() //nolint:errcheck // after Commit it does nothing
	_, err = hold.Exec(`select from conversations for update`)
	require.NoError(t, err)

	ended := make(chan error, 1)
	go func() { ended <- d.AgentGone(t.Context(), tenant, mei.AgentID, since) }()
	require.Eventually(t, func() bool {
		return d.count(t, "pg_stat_activity", "datname = current_database() and wait_event_type = 'Lock'") == 1
	}, 10*time.Second, 5*time.Millisecond, "the end of the grace waits")
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), deskOf(mei.AgentID)))
	require.NoError(t, hold.Commit())
	require.NoError(t, <-ended)
	require.Equal(t, 1, d.count(t, "conversations", "state = 'active' and agent_id = $1", mei.AgentID))
}

func TestPRE7_whoIsConnectedAndSaysThatHeIsOfflineKeepsHisWork(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, since := d.away("Mei")
	d.exec(t, `update agents set presence_before = 'offline'`)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), deskOf(mei.AgentID)))
	require.Equal(t, routing.Offline, d.presence(t, mei.AgentID))
	require.NoError(t, d.AgentGone(t.Context(), tenant, mei.AgentID, since))
	require.Equal(t, 1, d.count(t, "conversations", "state = 'active' and agent_id = $1", mei.AgentID))
}

func TestD4_whoComesBackTooLateFindsHisWorkWithOthers(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, since := d.away("Mei")
	require.NoError(t, d.AgentGone(t.Context(), tenant, mei.AgentID, since))
	require.Equal(t, 1, d.count(t, "conversations", "state = 'open' and agent_id is null"))
}
