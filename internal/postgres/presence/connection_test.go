package presence_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// PRE-3
func TestConnect_firstSignsInToDefault(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	process := uuid.NewString()
	for def, want := range map[string]routing.Presence{
		"available": routing.Available, "busy": routing.Available, "dnd": routing.Available,
		"away": routing.Away, "offline": routing.Offline,
	} {
		mei := f.NewAgent(t, "Mei "+def)
		f.Exec(t, `update agents set default_presence = $2 where id = $1`, mei, def)
		for range 2 {
			require.NoError(t, f.Connect(t.Context(), process, postgrestest.ConnectionOf(mei)))
		}
		require.Equal(t, want, f.Presence(t, mei), def)
	}
	require.Positive(t, f.Count(t, "distribution_triggers", "true"))
	require.ErrorIs(t, f.Connect(t.Context(), process, postgrestest.ConnectionOf(conversation.AgentID(uuid.NewString()))), conversation.ErrNotFound)
	gone := f.NewAgent(t, "Gone")
	f.Exec(t, `update agents set disabled = true where id = $1`, gone)
	require.ErrorIs(t, f.Connect(t.Context(), process, postgrestest.ConnectionOf(gone)), conversation.ErrNotFound)
}

// PRE-7
func TestDisconnect_lastBeginsTheGrace(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	mei, process := f.NewAgent(t, "Mei"), uuid.NewString()
	one, two := postgrestest.ConnectionOf(mei), postgrestest.ConnectionOf(mei)
	require.NoError(t, f.Connect(t.Context(), process, one))
	require.NoError(t, f.Connect(t.Context(), process, two))
	_, err := f.SetPresence(t.Context(), access.Principal{Tenant: postgrestest.Tenant, AgentID: mei}, mei, routing.DND, "")
	require.NoError(t, err)

	require.NoError(t, f.Disconnect(t.Context(), one))
	require.Equal(t, routing.DND, f.Presence(t, mei), "another connection is left")
	require.Zero(t, f.Count(t, "due", "true"))
	for range 2 { // the answer of the first may have been lost
		require.NoError(t, f.Disconnect(t.Context(), two))
		require.Equal(t, feed.ReconnectGrace, f.WaitedFor(t, mei), "the same transaction sets the timer")
	}
	for range 2 {
		f.LossEnds(t)
		require.Equal(t, routing.Offline, f.Presence(t, mei))
		require.Equal(t, feed.DisconnectGrace, f.Timer(t, mei), "the same transaction sets the next timer")
	}
	require.Equal(t, 1, f.Count(t, "feed", `kind = 'presence' and agent_id = $1 and body ->> 'presence' = 'offline'`, mei))

	require.NoError(t, f.Connect(t.Context(), process, one))
	require.Zero(t, f.Count(t, "due", "true"), "back within the grace")
	require.Equal(t, routing.DND, f.Presence(t, mei))
	now, err := f.AgentNow(t.Context(), postgrestest.Tenant, mei)
	require.NoError(t, err)
	require.True(t, now.Manual)

	require.NoError(t, f.Disconnect(t.Context(), one))
	f.LossEnds(t)
	f.Exec(t, `update agents set presence_at = now() - $1 * interval '1 second'`, feed.DisconnectGrace.Seconds()+1)
	require.NoError(t, f.Connect(t.Context(), process, one))
	require.Equal(t, routing.Available, f.Presence(t, mei), "later it is a new day")
	require.Zero(t, f.Count(t, "due", "true"))
}

func TestDropSilentProcesses_beginsTheGrace(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	silent, alive := uuid.NewString(), uuid.NewString()
	mei, bo := f.NewAgent(t, "Mei"), f.NewAgent(t, "Bo")
	ofMei, ofBo, ofBo2 := postgrestest.ConnectionOf(mei), postgrestest.ConnectionOf(bo), postgrestest.ConnectionOf(bo)
	require.NoError(t, f.Connect(t.Context(), silent, ofMei))
	require.NoError(t, f.Connect(t.Context(), silent, ofBo))
	require.NoError(t, f.Connect(t.Context(), alive, ofBo2))
	require.NoError(t, f.DropSilentProcesses(t.Context()))
	require.Equal(t, 3, f.Count(t, "connections", "true"))

	f.Exec(t, `update api_processes set beat_at = now() - $2 * interval '1 second' where id = $1`, silent, feed.ProcessSilence.Seconds()+1)
	require.NoError(t, f.DropSilentProcesses(t.Context()))
	f.LossEnds(t)
	require.Equal(t, []routing.Presence{routing.Offline, routing.Available}, []routing.Presence{f.Presence(t, mei), f.Presence(t, bo)})
	require.Equal(t, feed.DisconnectGrace, f.Timer(t, mei))
	require.Zero(t, f.Timer(t, bo))

	// The process was only away: it learns what it has lost, and connects it again.
	found, err := f.Heartbeat(t.Context(), silent, []string{ofMei.ID})
	require.NoError(t, err)
	require.Equal(t, feed.ConnectionDiff{Unknown: []string{ofMei.ID}, Processes: 2}, found)
	require.NoError(t, f.Connect(t.Context(), silent, ofMei))
	require.Equal(t, routing.Available, f.Presence(t, mei))
	require.Zero(t, f.Timer(t, mei))
	found, err = f.Heartbeat(t.Context(), silent, nil)
	require.NoError(t, err)
	require.Equal(t, feed.ConnectionDiff{Stray: []feed.Connection{ofMei}, Processes: 2}, found)
}

// A process that dies takes thousands of connections with it. The number of statements must not grow with them.
func TestDropSilentProcesses_isSetWise(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	silent := uuid.NewString()
	f.Exec(t, `insert into api_processes (id, beat_at) values ($1, now() - interval '1 minute')`, silent)
	f.Exec(t, `
		with a as (insert into agents (tenant, id, name, presence) select 'default', gen_random_uuid(), 'a', 'available' from generate_series(1, 300) returning id)
		insert into connections (id, tenant, agent_id, process_id, token_id) select gen_random_uuid(), 'default', id, $1, gen_random_uuid() from a, generate_series(1, 2)`, silent)
	f.Exec(t, `create sequence written; create function write() returns trigger language plpgsql as 'begin perform nextval(''written''); return null; end'`)
	for _, table := range []string{"agents", "connections", "due", "feed"} {
		f.Exec(t, `create trigger counts after insert or update or delete on `+table+` for each statement execute function write()`)
	}

	require.NoError(t, f.DropSilentProcesses(t.Context()))
	require.Equal(t, 300, f.Count(t, "agents", "lost_at is not null"))
	require.Equal(t, 300, f.Count(t, "due", "due_at > now()"))
	require.Zero(t, f.Count(t, "connections", "true"))
	var written int
	require.NoError(t, f.Raw.Get(&written, `select last_value from written`))
	require.LessOrEqual(t, written, 8)
}

// Thousands are signed out in pieces, so that none waits long for an agent's lock.
func TestDropSilentProcesses_inPieces(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	silent := uuid.NewString()
	f.Exec(t, `insert into api_processes (id, beat_at) values ($1, now() - interval '1 minute')`, silent)
	f.Exec(t, `
		with a as (insert into agents (tenant, id, name, presence) select 'default', gen_random_uuid(), 'a', 'available' from generate_series(1, 1500) returning id)
		insert into connections (id, tenant, agent_id, process_id, token_id) select gen_random_uuid(), 'default', id, $1, gen_random_uuid() from a, generate_series(1, 2)`, silent)
	most := f.Written(t, "agents")
	require.NoError(t, f.DropSilentProcesses(t.Context()))
	require.Equal(t, 1500, f.Count(t, "due", "due_at > now()"))
	require.Zero(t, f.Count(t, "connections", "true"))
	require.Zero(t, f.Count(t, "api_processes", "true"))
	require.LessOrEqual(t, most(), 500)
}

// ASG-2, PRE-6, SUP-7
func TestSetPresence_isManualAndTriggers(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	mei := f.NewAgent(t, "Mei")
	supervisor := access.Principal{Tenant: postgrestest.Tenant, TokenID: "of-a-supervisor", Role: access.RoleSupervisor}
	for range 2 { // the second changes nothing
		now, err := f.SetPresence(t.Context(), supervisor, mei, routing.Busy, "")
		require.NoError(t, err)
		require.Equal(t, routing.Busy, now.Presence)
		require.True(t, now.Manual)
	}
	require.Equal(t, 1, f.Count(t, "distribution_triggers", "tenant = $1", postgrestest.Tenant))
	require.Equal(t, 1, f.Count(t, "feed", `kind = 'presence' and agent_id = $1 and body ->> 'presence' = 'busy'`, mei))
	require.Equal(t, 1, f.Count(t, "audit", `action = 'agent.presence' and subject = $1`, mei))

	_, err := f.SetPresence(t.Context(), access.Principal{Tenant: postgrestest.Tenant, AgentID: mei}, mei, routing.Away, "")
	require.NoError(t, err)
	require.Equal(t, 1, f.Count(t, "audit", `action = 'agent.presence'`), "an agent's own choice is not audited")
	_, err = f.SetPresence(t.Context(), access.Principal{Tenant: "another"}, mei, routing.Away, "")
	require.ErrorIs(t, err, conversation.ErrNotFound)
}
