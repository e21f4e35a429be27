package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/routing"
)

func connectionOf(agent conversation.AgentID) feed.Connection {
	return feed.Connection{ID: uuid.NewString(), Tenant: tenant, AgentID: agent, TokenID: uuid.NewString()}
}

func (f *fixture) presence(t testing.TB, agent conversation.AgentID) routing.Presence {
	t.Helper()
	now, err := f.AgentNow(t.Context(), tenant, agent)
	require.NoError(t, err)
	return now.Presence
}

// timer reads how long after its agent went offline the agent's work is to go back; zero where no row of due says so.
func (f *fixture) timer(t *testing.T, agent conversation.AgentID) (grace time.Duration) {
	t.Helper()
	var seconds float64
	require.NoError(t, f.raw.Get(&seconds, `
		select coalesce((select extract(epoch from d.due_at - a.presence_at) from due d join agents a on a.id = d.agent_id
			where d.agent_id = $1 and d.kind = 'agent-gone' and d.since = a.presence_at), 0)`, agent))
	return time.Duration(seconds * float64(time.Second))
}

// PRE-3
func TestConnect_firstSignsInToDefault(t *testing.T) {
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
			require.NoError(t, f.Connect(t.Context(), process, connectionOf(mei)))
		}
		require.Equal(t, want, f.presence(t, mei), def)
	}
	require.Positive(t, f.count(t, "distribution_triggers", "true"))
	require.ErrorIs(t, f.Connect(t.Context(), process, connectionOf(conversation.AgentID(uuid.NewString()))), conversation.ErrNotFound)
	gone := f.agent(t, "Gone")
	f.exec(t, `update agents set disabled = true where id = $1`, gone)
	require.ErrorIs(t, f.Connect(t.Context(), process, connectionOf(gone)), conversation.ErrNotFound)
}

// PRE-7
func TestDisconnect_lastBeginsTheGrace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mei, process := f.agent(t, "Mei"), uuid.NewString()
	one, two := connectionOf(mei), connectionOf(mei)
	require.NoError(t, f.Connect(t.Context(), process, one))
	require.NoError(t, f.Connect(t.Context(), process, two))
	_, err := f.SetPresence(t.Context(), access.Principal{Tenant: tenant, AgentID: mei}, mei, routing.DND, "")
	require.NoError(t, err)

	require.NoError(t, f.Disconnect(t.Context(), one))
	require.Equal(t, routing.DND, f.presence(t, mei), "another connection is left")
	require.Zero(t, f.count(t, "due", "true"))
	for range 2 { // the answer of the first may have been lost
		require.NoError(t, f.Disconnect(t.Context(), two))
		require.Equal(t, feed.ReconnectGrace, f.waitedFor(t, mei), "the same transaction sets the timer")
	}
	for range 2 {
		f.lossEnds(t)
		require.Equal(t, routing.Offline, f.presence(t, mei))
		require.Equal(t, feed.DisconnectGrace, f.timer(t, mei), "the same transaction sets the next timer")
	}
	require.Equal(t, 1, f.count(t, "feed", `kind = 'presence' and agent_id = $1 and body ->> 'presence' = 'offline'`, mei))

	require.NoError(t, f.Connect(t.Context(), process, one))
	require.Zero(t, f.count(t, "due", "true"), "back within the grace")
	require.Equal(t, routing.DND, f.presence(t, mei))
	now, err := f.AgentNow(t.Context(), tenant, mei)
	require.NoError(t, err)
	require.True(t, now.Manual)

	require.NoError(t, f.Disconnect(t.Context(), one))
	f.lossEnds(t)
	f.exec(t, `update agents set presence_at = now() - $1 * interval '1 second'`, feed.DisconnectGrace.Seconds()+1)
	require.NoError(t, f.Connect(t.Context(), process, one))
	require.Equal(t, routing.Available, f.presence(t, mei), "later it is a new day")
	require.Zero(t, f.count(t, "due", "true"))
}

func TestDropSilentProcesses_beginsTheGrace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	silent, alive := uuid.NewString(), uuid.NewString()
	mei, bo := f.agent(t, "Mei"), f.agent(t, "Bo")
	ofMei, ofBo, ofBo2 := connectionOf(mei), connectionOf(bo), connectionOf(bo)
	require.NoError(t, f.Connect(t.Context(), silent, ofMei))
	require.NoError(t, f.Connect(t.Context(), silent, ofBo))
	require.NoError(t, f.Connect(t.Context(), alive, ofBo2))
	require.NoError(t, f.DropSilentProcesses(t.Context()))
	require.Equal(t, 3, f.count(t, "connections", "true"))

	f.exec(t, `update api_processes set beat_at = now() - $2 * interval '1 second' where id = $1`, silent, feed.ProcessSilence.Seconds()+1)
	require.NoError(t, f.DropSilentProcesses(t.Context()))
	f.lossEnds(t)
	require.Equal(t, []routing.Presence{routing.Offline, routing.Available}, []routing.Presence{f.presence(t, mei), f.presence(t, bo)})
	require.Equal(t, feed.DisconnectGrace, f.timer(t, mei))
	require.Zero(t, f.timer(t, bo))

	// The process was only away: it learns what it has lost, and connects it again.
	found, err := f.Heartbeat(t.Context(), silent, []string{ofMei.ID})
	require.NoError(t, err)
	require.Equal(t, feed.ConnectionDiff{Unknown: []string{ofMei.ID}, Processes: 2}, found)
	require.NoError(t, f.Connect(t.Context(), silent, ofMei))
	require.Equal(t, routing.Available, f.presence(t, mei))
	require.Zero(t, f.timer(t, mei))
	found, err = f.Heartbeat(t.Context(), silent, nil)
	require.NoError(t, err)
	require.Equal(t, feed.ConnectionDiff{Stray: []feed.Connection{ofMei}, Processes: 2}, found)
}

// A process that dies takes thousands of connections with it. The number of statements must not grow with them.
func TestDropSilentProcesses_isSetWise(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	silent := uuid.NewString()
	f.exec(t, `insert into api_processes (id, beat_at) values ($1, now() - interval '1 minute')`, silent)
	f.exec(t, `
		with a as (insert into agents (tenant, id, name, presence) select 'default', gen_random_uuid(), 'a', 'available' from generate_series(1, 300) returning id)
		insert into connections (id, tenant, agent_id, process_id, token_id) select gen_random_uuid(), 'default', id, $1, gen_random_uuid() from a, generate_series(1, 2)`, silent)
	f.exec(t, `create sequence written; create function write() returns trigger language plpgsql as 'begin perform nextval(''written''); return null; end'`)
	for _, table := range []string{"agents", "connections", "due", "feed"} {
		f.exec(t, `create trigger counts after insert or update or delete on `+table+` for each statement execute function write()`)
	}

	require.NoError(t, f.DropSilentProcesses(t.Context()))
	require.Equal(t, 300, f.count(t, "agents", "lost_at is not null"))
	require.Equal(t, 300, f.count(t, "due", "due_at > now()"))
	require.Zero(t, f.count(t, "connections", "true"))
	var written int
	require.NoError(t, f.raw.Get(&written, `select last_value from written`))
	require.LessOrEqual(t, written, 8)
}

// A11: thousands are signed out in pieces, so that none waits long for an agent's lock.
func TestDropSilentProcesses_inPieces(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	silent := uuid.NewString()
	f.exec(t, `insert into api_processes (id, beat_at) values ($1, now() - interval '1 minute')`, silent)
	f.exec(t, `
		with a as (insert into agents (tenant, id, name, presence) select 'default', gen_random_uuid(), 'a', 'available' from generate_series(1, 1500) returning id)
		insert into connections (id, tenant, agent_id, process_id, token_id) select gen_random_uuid(), 'default', id, $1, gen_random_uuid() from a, generate_series(1, 2)`, silent)
	most := f.written(t, "agents")
	require.NoError(t, f.DropSilentProcesses(t.Context()))
	require.Equal(t, 1500, f.count(t, "due", "due_at > now()"))
	require.Zero(t, f.count(t, "connections", "true"))
	require.Zero(t, f.count(t, "api_processes", "true"))
	require.LessOrEqual(t, most(), 500)
}

// PRE-6, SUP-7
func TestSetPresence_isManualAndTriggers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	mei := f.agent(t, "Mei")
	supervisor := access.Principal{Tenant: tenant, TokenID: "of-a-supervisor", Role: access.RoleSupervisor}
	for range 2 { // the second changes nothing
		now, err := f.SetPresence(t.Context(), supervisor, mei, routing.Busy, "")
		require.NoError(t, err)
		require.Equal(t, routing.Busy, now.Presence)
		require.True(t, now.Manual)
	}
	require.Equal(t, 1, f.count(t, "distribution_triggers", "tenant = $1", tenant))
	require.Equal(t, 1, f.count(t, "feed", `kind = 'presence' and agent_id = $1 and body ->> 'presence' = 'busy'`, mei))
	require.Equal(t, 1, f.count(t, "audit", `action = 'agent.presence' and subject = $1`, mei))

	_, err := f.SetPresence(t.Context(), access.Principal{Tenant: tenant, AgentID: mei}, mei, routing.Away, "")
	require.NoError(t, err)
	require.Equal(t, 1, f.count(t, "audit", `action = 'agent.presence'`), "an agent's own choice is not audited")
	_, err = f.SetPresence(t.Context(), access.Principal{Tenant: "another"}, mei, routing.Away, "")
	require.ErrorIs(t, err, conversation.ErrNotFound)
}
