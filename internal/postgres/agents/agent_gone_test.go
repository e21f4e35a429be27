package agents_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// away is an agent with a conversation who has lost their last connection, and is offline.
func away(d *postgrestest.Office, name string) access.Principal {
	d.T.Helper()
	mei := d.NewAgent(name)
	d.Had("customer of "+name, mei)
	c := postgrestest.ConnectionOf(mei.AgentID)
	require.NoError(d.T, d.Connect(d.T.Context(), uuid.NewString(), c))
	require.NoError(d.T, d.Disconnect(d.T.Context(), c))
	d.LossEnds(d.T)
	return mei
}

// graceEnds has the grace of every agent who is away end now.
func graceEnds(f *postgrestest.Fixture, t testing.TB) {
	t.Helper()
	f.Exec(t, `update due set due_at = now()`)
}

// has counts the conversations that an agent is busy with.
func has(d *postgrestest.Office, agent access.Principal) int {
	return d.Count(d.T, "conversations", "state = 'active' and agent_id = $1", agent.AgentID)
}

// D4
// No process has to live on after the connection is lost.
func TestDisconnect_workGoesBackThoughAllCrash(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei := away(d, "Mei")
	rows, err := d.MustDoAgentDue(t)
	require.NoError(t, err)
	require.Zero(t, rows, "the grace has not ended")
	require.Equal(t, 1, has(d, mei))

	graceEnds(d.Fixture, t)
	rows, err = d.MustDoAgentDue(t)
	require.NoError(t, err)
	require.Equal(t, 1, rows)
	require.Equal(t, 1, d.Count(t, "conversations", "state = 'open' and holder = 'queue' and agent_id is null"))
	require.Zero(t, d.Count(t, "due", "true"))
	d.RequireTriggered()
}

// PRE-7, D4
// The conversation is locked, so that the end of the grace has found the agent's work and not yet judged the agent.
func TestAgentGone_returningAgentKeepsTheWork(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei := away(d, "Mei")
	graceEnds(d.Fixture, t)
	hold, err := d.Raw.Beginx()
	require.NoError(t, err)
	defer hold.Rollback() //nolint:errcheck // after Commit it does nothing
	_, err = hold.Exec(`select from conversations for update`)
	require.NoError(t, err)

	ended := make(chan error, 1)
	go func() {
		_, err := d.DoAgentDue(t.Context())
		ended <- err
	}()
	waitsForLock(d)
	c := postgrestest.ConnectionOf(mei.AgentID)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.NoError(t, hold.Commit())
	require.NoError(t, <-ended)
	require.Equal(t, 1, has(d, mei))
	require.Zero(t, d.Count(t, "due", "true"))
}

// A connection that comes and goes in that moment begins another grace.
func TestAgentGone_secondLossStartsANewGrace(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei := away(d, "Mei")
	graceEnds(d.Fixture, t)
	hold, err := d.Raw.Beginx()
	require.NoError(t, err)
	defer hold.Rollback() //nolint:errcheck // after Commit it does nothing
	_, err = hold.Exec(`select from conversations for update`)
	require.NoError(t, err)

	ended := make(chan error, 1)
	go func() {
		_, err := d.DoAgentDue(t.Context())
		ended <- err
	}()
	waitsForLock(d)
	c := postgrestest.ConnectionOf(mei.AgentID)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.NoError(t, d.Disconnect(t.Context(), c))
	d.LossEnds(t)
	require.NoError(t, hold.Commit())
	require.NoError(t, <-ended)
	require.Equal(t, 1, has(d, mei))
	require.Equal(t, feed.DisconnectGrace, d.Timer(t, mei.AgentID))
	graceEnds(d.Fixture, t)
	_, err = d.MustDoAgentDue(t)
	require.NoError(t, err)
	require.Zero(t, has(d, mei))
}

// waitsForLock waits until a statement waits for a lock.
func waitsForLock(d *postgrestest.Office) {
	d.T.Helper()
	d.WaitForLocks(1)
}

// PRE-7
func TestAgentGone_offlineButConnectedKeepsWork(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei := away(d, "Mei")
	d.Exec(t, `update agents set presence_before = 'offline'`)
	kept := d.Count(t, "due", "true")
	require.Equal(t, 1, kept)
	var since time.Time
	require.NoError(t, d.Raw.Get(&since, `select since from due`))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), postgrestest.ConnectionOf(mei.AgentID)))
	require.Equal(t, routing.Offline, d.Presence(t, mei.AgentID))
	d.Exec(t, `insert into due (tenant, kind, agent_id, since, due_at) values ('default', 'agent-gone', $1, $2, now())`, mei.AgentID, since)
	_, err := d.MustDoAgentDue(t)
	require.NoError(t, err)
	require.Equal(t, 1, has(d, mei))
	require.Zero(t, d.Count(t, "due", "true"))
}

// R28
// A row that fails is tried again later, and holds up no other.
func TestDoAgentDue_oneFailureStopsOnlyItself(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, bo := away(d, "Mei"), away(d, "Bo")
	d.Exec(t, `
		create function refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end';
		create trigger refuses before update on assignments for each row when (old.agent_id = '`+string(mei.AgentID)+`') execute function refuse()`)
	d.Exec(t, `update due set due_at = now() - case agent_id when $1 then interval '2 s' else interval '1 s' end`, mei.AgentID)

	putOff := func(tries int, seconds int) {
		t.Helper()
		d.Exec(t, `create table if not exists began as select now() as at; update began set at = clock_timestamp()`)
		found, err := d.DoAgentDue(t.Context())
		require.ErrorContains(t, err, string(mei.AgentID))
		require.True(t, found, "there may be more")
		require.Equal(t, 1, d.Count(t, "due, began", `agent_id = $1 and tries = $2
			and due_at between at + $3 * interval '1 second' and clock_timestamp() + $3 * interval '1 second'`, mei.AgentID, tries, seconds))
	}
	putOff(1, 1)
	found, err := d.DoAgentDue(t.Context())
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []int{1, 0}, []int{has(d, mei), has(d, bo)})
	for i, seconds := range []int{2, 4, 8, 16, 30, 30} {
		graceEnds(d.Fixture, t)
		putOff(i+2, seconds)
	}

	d.Exec(t, `drop trigger refuses on assignments`)
	graceEnds(d.Fixture, t)
	_, err = d.MustDoAgentDue(t)
	require.NoError(t, err)
	require.Zero(t, has(d, mei))
}

func TestDoAgentDue_workersTakeDifferentRows(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	away(d, "Mei")
	graceEnds(d.Fixture, t)
	other, err := d.Raw.Beginx()
	require.NoError(t, err)
	defer other.Rollback() //nolint:errcheck // nothing was written
	_, err = other.Exec(`select from due for no key update`)
	require.NoError(t, err)
	found, err := d.DoAgentDue(t.Context())
	require.NoError(t, err)
	require.False(t, found, "another worker is at it")
}
