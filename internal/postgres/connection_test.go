package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

func deskOf(agent conversation.AgentID) conversation.Desk {
	return conversation.Desk{ID: uuid.NewString(), Tenant: tenant, AgentID: agent}
}

func (f *fixture) presence(t *testing.T, agent conversation.AgentID) routing.Presence {
	t.Helper()
	now, err := f.AgentNow(t.Context(), tenant, agent)
	require.NoError(t, err)
	return now.Presence
}

// disconnect ends a desk and reports whether it was the last.
func (f *fixture) disconnect(t *testing.T, d conversation.Desk) bool {
	t.Helper()
	lost, at, err := f.Disconnect(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, lost, !at.IsZero())
	return lost
}

func TestConnect_PRE3_theFirstDeskSignsInToTheDefault(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	process := uuid.NewString()
	for def, want := range map[string]routing.Presence{
		"available": routing.Available, "busy": routing.Available, "dnd": routing.Available,
		"away": routing.Away, "offline": routing.Offline,
	} {
		mei := f.agent(t, "Mei "+def)
		f.exec(t, `update agents set default_presence = $2 where id = $1`, mei, def)
		for range 2 {
			require.NoError(t, f.Connect(t.Context(), process, deskOf(mei)))
		}
		require.Equal(t, want, f.presence(t, mei), def)
	}
	require.Positive(t, f.count(t, "wakes", "true"))
	require.ErrorIs(t, f.Connect(t.Context(), process, deskOf(conversation.AgentID(uuid.NewString()))), conversation.ErrNotFound)
	gone := f.agent(t, "Gone")
	f.exec(t, `update agents set disabled = true where id = $1`, gone)
	require.ErrorIs(t, f.Connect(t.Context(), process, deskOf(gone)), conversation.ErrNotFound)
}

func TestDisconnect_PRE7_theLastDeskPutsOfflineAtOnceAndTheGraceBringsBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mei, process := f.agent(t, "Mei"), uuid.NewString()
	one, two := deskOf(mei), deskOf(mei)
	require.NoError(t, f.Connect(t.Context(), process, one))
	require.NoError(t, f.Connect(t.Context(), process, two))
	_, err := f.SetPresence(t.Context(), conversation.Principal{Tenant: tenant, AgentID: mei}, mei, routing.DND, "")
	require.NoError(t, err)

	require.False(t, f.disconnect(t, one))
	require.Equal(t, routing.DND, f.presence(t, mei), "he still has a desk")
	for range 2 { // the answer of the first may have been lost
		require.True(t, f.disconnect(t, two))
		require.Equal(t, routing.Offline, f.presence(t, mei))
	}
	require.NoError(t, f.Connect(t.Context(), process, one))
	require.Equal(t, routing.DND, f.presence(t, mei), "back within the grace")
	now, err := f.AgentNow(t.Context(), tenant, mei)
	require.NoError(t, err)
	require.True(t, now.Manual)

	require.True(t, f.disconnect(t, one))
	f.exec(t, `update agents set presence_at = now() - $1 * interval '1 second'`, conversation.DisconnectGrace.Seconds()+1)
	require.NoError(t, f.Connect(t.Context(), process, one))
	require.Equal(t, routing.Available, f.presence(t, mei), "later it is a new day")
}

func TestLoseDesks_ofASilentProcessAndNoOther(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	silent, alive := uuid.NewString(), uuid.NewString()
	mei, bo := f.agent(t, "Mei"), f.agent(t, "Bo")
	hers, his, his2 := deskOf(mei), deskOf(bo), deskOf(bo)
	require.NoError(t, f.Connect(t.Context(), silent, hers))
	require.NoError(t, f.Connect(t.Context(), silent, his))
	require.NoError(t, f.Connect(t.Context(), alive, his2))
	lost, err := f.LoseDesks(t.Context())
	require.NoError(t, err)
	require.Empty(t, lost)

	f.exec(t, `update api_processes set beat_at = now() - $2 * interval '1 second' where id = $1`, silent, conversation.ProcessSilence.Seconds()+1)
	lost, err = f.LoseDesks(t.Context())
	require.NoError(t, err)
	require.Len(t, lost, 1)
	require.Equal(t, mei, lost[0].AgentID)
	require.WithinDuration(t, time.Now(), lost[0].At, time.Minute)
	require.Equal(t, []routing.Presence{routing.Offline, routing.Available}, []routing.Presence{f.presence(t, mei), f.presence(t, bo)})

	// The process was only away: it learns what it has lost, and connects it again.
	found, err := f.DeskBeat(t.Context(), silent, []string{hers.ID})
	require.NoError(t, err)
	require.Equal(t, conversation.DeskBeat{Unknown: []string{hers.ID}}, found)
	require.NoError(t, f.Connect(t.Context(), silent, hers))
	require.Equal(t, routing.Available, f.presence(t, mei))
	found, err = f.DeskBeat(t.Context(), silent, nil)
	require.NoError(t, err)
	require.Equal(t, conversation.DeskBeat{Stray: []conversation.Desk{hers}}, found)
}

func TestSetPresence_PRE6_SUP7_isManualToldAndWakes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mei := f.agent(t, "Mei")
	supervisor := conversation.Principal{Tenant: tenant, TokenID: "of-a-supervisor", Role: conversation.RoleSupervisor}
	for range 2 { // the second changes nothing
		now, err := f.SetPresence(t.Context(), supervisor, mei, routing.Busy, "")
		require.NoError(t, err)
		require.Equal(t, routing.Busy, now.Presence)
		require.True(t, now.Manual)
	}
	require.Equal(t, 1, f.count(t, "wakes", "tenant = $1", tenant))
	require.Equal(t, 1, f.count(t, "feed", `kind = 'presence' and agent_id = $1 and body ->> 'presence' = 'busy'`, mei))
	require.Equal(t, 1, f.count(t, "audit", `action = 'agent.presence' and subject = $1`, mei))

	_, err := f.SetPresence(t.Context(), conversation.Principal{Tenant: tenant, AgentID: mei}, mei, routing.Away, "")
	require.NoError(t, err)
	require.Equal(t, 1, f.count(t, "audit", `action = 'agent.presence'`), "what is his own is nobody's business")
	_, err = f.SetPresence(t.Context(), conversation.Principal{Tenant: "another"}, mei, routing.Away, "")
	require.ErrorIs(t, err, conversation.ErrNotFound)
}
