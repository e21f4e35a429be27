package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/feed"
	"wxdesk/internal/routing"
)

// away is an agent with a conversation who has lost their last connection, and is offline.
func (d *office) away(name string) access.Principal {
	d.t.Helper()
	mei := d.agent(name)
	d.had("customer of "+name, mei)
	c := connectionOf(mei.AgentID)
	require.NoError(d.t, d.Connect(d.t.Context(), uuid.NewString(), c))
	require.NoError(d.t, d.Disconnect(d.t.Context(), c))
	d.lossEnds(d.t)
	return mei
}

// graceEnds has the grace of every agent who is away end now.
func (f *fixture) graceEnds(t testing.TB) {
	t.Helper()
	f.exec(t, `update due set due_at = now()`)
}

// doAgentDue does what is due for agents until there is nothing more, and returns how many rows it took and the last error.
func (f *fixture) doAgentDue(t testing.TB) (rows int, last error) {
	t.Helper()
	for {
		found, err := f.DoAgentDue(t.Context())
		if err != nil {
			last = err
		}
		if !found {
			return rows, last
		}
		rows++
	}
}

// has counts the conversations that an agent is busy with.
func (d *office) has(agent access.Principal) int {
	return d.count(d.t, "conversations", "state = 'active' and agent_id = $1", agent.AgentID)
}

// No process has to live on after the connection is lost.
func TestDisconnect_workGoesBackThoughAllCrash(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei := d.away("Mei")
	rows, err := d.doAgentDue(t)
	require.NoError(t, err)
	require.Zero(t, rows, "the grace has not ended")
	require.Equal(t, 1, d.has(mei))

	d.graceEnds(t)
	rows, err = d.doAgentDue(t)
	require.NoError(t, err)
	require.Equal(t, 1, rows)
	require.Equal(t, 1, d.count(t, "conversations", "state = 'open' and holder = 'queue' and agent_id is null"))
	require.Zero(t, d.count(t, "due", "true"))
	d.requireTriggered()
}

// PRE-7, D4. The conversation is locked, so that the end of the grace has found the agent's work and not yet judged the agent.
func TestAgentGone_whoReturnsJustThenKeepsWork(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei := d.away("Mei")
	d.graceEnds(t)
	hold, err := d.raw.Beginx()
	require.NoError(t, err)
	defer hold.Rollback() //nolint:errcheck // after Commit it does nothing
	_, err = hold.Exec(`select from conversations for update`)
	require.NoError(t, err)

	ended := make(chan error, 1)
	go func() {
		_, err := d.DoAgentDue(t.Context())
		ended <- err
	}()
	d.waitsForLock()
	c := connectionOf(mei.AgentID)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.NoError(t, hold.Commit())
	require.NoError(t, <-ended)
	require.Equal(t, 1, d.has(mei))
	require.Zero(t, d.count(t, "due", "true"))
}

// A connection that comes and goes in that moment begins another grace.
func TestAgentGone_whoReturnsAndLeavesWaitsAnew(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei := d.away("Mei")
	d.graceEnds(t)
	hold, err := d.raw.Beginx()
	require.NoError(t, err)
	defer hold.Rollback() //nolint:errcheck // after Commit it does nothing
	_, err = hold.Exec(`select from conversations for update`)
	require.NoError(t, err)

	ended := make(chan error, 1)
	go func() {
		_, err := d.DoAgentDue(t.Context())
		ended <- err
	}()
	d.waitsForLock()
	c := connectionOf(mei.AgentID)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.NoError(t, d.Disconnect(t.Context(), c))
	d.lossEnds(t)
	require.NoError(t, hold.Commit())
	require.NoError(t, <-ended)
	require.Equal(t, 1, d.has(mei))
	require.Equal(t, feed.DisconnectGrace, d.timer(t, mei.AgentID))
	d.graceEnds(t)
	_, err = d.doAgentDue(t)
	require.NoError(t, err)
	require.Zero(t, d.has(mei))
}

// waitsForLock waits until a statement waits for a lock.
func (d *office) waitsForLock() {
	d.t.Helper()
	d.waitForLocks(1)
}

func (d *office) waitForLocks(n int) {
	d.t.Helper()
	require.Eventually(d.t, func() bool {
		return d.count(d.t, "pg_stat_activity", "datname = current_database() and wait_event_type = 'Lock'") == n
	}, 10*time.Second, 5*time.Millisecond)
}

// PRE-7
func TestAgentGone_offlineButConnectedKeepsWork(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei := d.away("Mei")
	d.exec(t, `update agents set presence_before = 'offline'`)
	kept := d.count(t, "due", "true")
	require.Equal(t, 1, kept)
	var since time.Time
	require.NoError(t, d.raw.Get(&since, `select since from due`))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), connectionOf(mei.AgentID)))
	require.Equal(t, routing.Offline, d.presence(t, mei.AgentID))
	d.exec(t, `insert into due (tenant, kind, agent_id, since, due_at) values ('default', 'agent-gone', $1, $2, now())`, mei.AgentID, since)
	_, err := d.doAgentDue(t)
	require.NoError(t, err)
	require.Equal(t, 1, d.has(mei))
	require.Zero(t, d.count(t, "due", "true"))
}

// R28: a row that fails is tried again later, and holds up no other.
func TestDoAgentDue_oneFailureStopsOnlyItself(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, bo := d.away("Mei"), d.away("Bo")
	d.exec(t, `
		create function refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end';
		create trigger refuses before update on assignments for each row when (old.agent_id = '`+string(mei.AgentID)+`') execute function refuse()`)
	d.exec(t, `update due set due_at = now() - case agent_id when $1 then interval '2 s' else interval '1 s' end`, mei.AgentID)

	putOff := func(tries int, seconds int) {
		t.Helper()
		d.exec(t, `create table if not exists began as select now() as at; update began set at = clock_timestamp()`)
		found, err := d.DoAgentDue(t.Context())
		require.ErrorContains(t, err, string(mei.AgentID))
		require.True(t, found, "there may be more")
		require.Equal(t, 1, d.count(t, "due, began", `agent_id = $1 and tries = $2
			and due_at between at + $3 * interval '1 second' and clock_timestamp() + $3 * interval '1 second'`, mei.AgentID, tries, seconds))
	}
	putOff(1, 1)
	found, err := d.DoAgentDue(t.Context())
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []int{1, 0}, []int{d.has(mei), d.has(bo)})
	for i, seconds := range []int{2, 4, 8, 16, 30, 30} {
		d.graceEnds(t)
		putOff(i+2, seconds)
	}

	d.exec(t, `drop trigger refuses on assignments`)
	d.graceEnds(t)
	_, err = d.doAgentDue(t)
	require.NoError(t, err)
	require.Zero(t, d.has(mei))
}

func TestDoAgentDue_workersTakeDifferentRows(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.away("Mei")
	d.graceEnds(t)
	other, err := d.raw.Beginx()
	require.NoError(t, err)
	defer other.Rollback() //nolint:errcheck // nothing was written
	_, err = other.Exec(`select from due for no key update`)
	require.NoError(t, err)
	found, err := d.DoAgentDue(t.Context())
	require.NoError(t, err)
	require.False(t, found, "another worker is at it")
}
