package agents_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// connected is an agent with an event stream.
func connected(d *postgrestest.Office, name string) (access.Principal, feed.Connection) {
	d.T.Helper()
	who := d.NewAgent(name)
	c := postgrestest.ConnectionOf(who.AgentID)
	c.TokenID = who.TokenID
	require.NoError(d.T, d.Connect(d.T.Context(), uuid.NewString(), c))
	return who, c
}

// lost is an agent who has lost the connection a moment ago. What was told before is forgotten.
func lost(d *postgrestest.Office, name string) (access.Principal, feed.Connection) {
	d.T.Helper()
	who, c := connected(d, name)
	require.NoError(d.T, d.Disconnect(d.T.Context(), c))
	d.Exec(d.T, `delete from feed`)
	d.Exec(d.T, `delete from distribution_triggers`)
	return who, c
}

// heard counts the events that tell of an agent's presence.
func heard(d *postgrestest.Office, agent access.Principal) int {
	d.T.Helper()
	return d.Count(d.T, "feed", "kind = 'presence' and agent_id = $1", agent.AgentID)
}

// isOffline checks that an agent is offline, was since they lost the connection, and that the desks were told once.
func isOffline(d *postgrestest.Office, agent access.Principal) {
	d.T.Helper()
	require.Equal(d.T, routing.Offline, d.Presence(d.T, agent.AgentID))
	require.Equal(d.T, 1, heard(d, agent), "told once")
	require.Equal(d.T, 1, d.Count(d.T, "agents", "id = $1 and lost_at is null", agent.AgentID))
	require.Equal(d.T, 1, d.Count(d.T, "due", "agent_id = $1 and kind = 'agent-gone'", agent.AgentID))
	_, err := d.MustDoAgentDue(d.T)
	require.NoError(d.T, err)
}

// PRE-7
func TestDisconnect_reloadIsNotAnnounced(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, c := lost(d, "Mei")
	require.Equal(t, routing.Available, d.Presence(t, mei.AgentID))
	require.Equal(t, feed.ReconnectGrace, d.WaitedFor(t, mei.AgentID))
	rows, err := d.MustDoAgentDue(t)
	require.NoError(t, err)
	require.Zero(t, rows, "ten seconds are not over")

	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Equal(t, routing.Available, d.Presence(t, mei.AgentID))
	require.Zero(t, heard(d, mei), "neither of the loss nor of the return")
	require.Zero(t, d.Count(t, "due", "true"))
	require.Zero(t, d.Count(t, "agents", "lost_at is not null"))
	d.RequireTriggered()
}

// PRE-7
func TestDisconnect_offlineAfterTenSeconds(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, c := lost(d, "Mei")
	var lostAt time.Time
	require.NoError(t, d.Raw.Get(&lostAt, `select lost_at from agents where id = $1`, mei.AgentID))
	d.LossEnds(t)
	isOffline(d, mei)
	require.Equal(t, 1, d.Count(t, "agents", "id = $1 and presence_at = $2", mei.AgentID, lostAt))
	require.Equal(t, feed.DisconnectGrace, d.Timer(t, mei.AgentID), "counted from the loss")

	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Equal(t, routing.Available, d.Presence(t, mei.AgentID))
	require.Equal(t, 2, heard(d, mei))
}

// The setting of the grace may be shorter than ten seconds.
func TestDisconnect_waitsNoLongerThanTheGrace(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, c := connected(d, "Mei")
	require.NoError(t, postgrestest.Open(t, d.DSN, d.Ring, postgrestest.WithAgentGrace(time.Second)).Disconnect(t.Context(), c))
	require.Equal(t, time.Second, d.WaitedFor(t, mei.AgentID))
}

func TestDisconnect_oneOfTwoIsNoLoss(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, one := connected(d, "Mei")
	two := postgrestest.ConnectionOf(mei.AgentID)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), two))
	require.NoError(t, d.Disconnect(t.Context(), one))
	require.Zero(t, d.Count(t, "agents", "lost_at is not null"))
	require.Zero(t, d.Count(t, "due", "true"))
	require.NoError(t, d.Disconnect(t.Context(), two))
	require.Equal(t, feed.ReconnectGrace, d.WaitedFor(t, mei.AgentID))
}

// The connections of a process that died are removed by another.
func TestDropSilentProcesses_keepsTheGrace(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, c := connected(d, "Mei")
	d.Exec(t, `update api_processes set beat_at = now() - interval '1 minute'`)
	d.Exec(t, `delete from feed`)
	require.NoError(t, d.DropSilentProcesses(t.Context()))
	require.Zero(t, d.Count(t, "connections", "true"))
	require.Equal(t, feed.ReconnectGrace, d.WaitedFor(t, mei.AgentID))
	require.Equal(t, routing.Available, d.Presence(t, mei.AgentID))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Zero(t, heard(d, mei))
}

func TestDistribute_skipsDisconnectedAgents(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, c := lost(d, "Mei")
	ref := d.Waiting("wang")
	require.Zero(t, d.MustDistribute())
	require.Equal(t, 1, d.Count(t, "routing_traces", `stage = 'distribution' and body -> 'reasons' ? 'connection-lost'`))

	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	d.RequireTriggered()
	require.Equal(t, 1, d.MustDistribute())
	require.True(t, d.OfferedTo(ref, mei))
}

// The connection is lost when everything is read and nothing is locked.
func TestDistribute_skipsAgentLostMeanwhile(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, c := connected(d, "Mei")
	ref := d.Waiting("wang")
	d.DistributeWhile(func() { require.NoError(t, d.Disconnect(t.Context(), c)) })
	require.False(t, d.OfferedTo(ref, mei))
}

func TestTransfer_refusesADisconnectedAgent(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	zhao := d.NewAgent("Zhao")
	mei, c := lost(d, "Mei")
	ref := d.Had("wang", zhao)
	require.Empty(t, d.MustTargets(ref, zhao).Agents)
	d.Refused(command.RefusedTarget, ref, zhao, command.Transfer, postgrestest.ToAgent(mei))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Len(t, d.MustTargets(ref, zhao).Agents, 1)
	d.Done(ref, zhao, command.Transfer, postgrestest.ToAgent(mei))
}

// What was offered before waits as long as other work: the agent may come back and accept it.
func TestDisconnect_offersStayDuringTheGrace(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, c := connected(d, "Mei")
	first, second := d.Offered("wang", mei), d.Offered("zhou", mei)
	require.NoError(t, d.Disconnect(t.Context(), c))
	require.True(t, d.OfferedTo(first, mei) && d.OfferedTo(second, mei))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	d.Done(first, mei, command.Accept)

	require.NoError(t, d.Disconnect(t.Context(), c))
	d.LossEnds(t)
	require.True(t, d.OfferedTo(first, mei) && d.OfferedTo(second, mei))
	graceEnds(d.Fixture, t)
	_, err := d.MustDoAgentDue(t)
	require.NoError(t, err)
	require.False(t, d.OfferedTo(first, mei) || d.OfferedTo(second, mei))
}

func TestSetPresence_offlineWhileLostCountsAtOnce(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei := d.NewAgent("Mei")
	d.Had("wang", mei)
	c := postgrestest.ConnectionOf(mei.AgentID)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.NoError(t, d.Disconnect(t.Context(), c))
	d.Exec(t, `delete from feed`)
	d.Chooses(mei, routing.Offline, "")
	require.Zero(t, d.Count(t, "due", "kind = 'agent-lost'"))
	isOffline(d, mei)
	d.LossEnds(t)
	require.Equal(t, 1, heard(d, mei), "and not again when the ten seconds are over")
	require.Equal(t, 1, has(d, mei), "their work waits for them as after every loss")
	graceEnds(d.Fixture, t)
	_, err := d.MustDoAgentDue(t)
	require.NoError(t, err)
	require.Zero(t, has(d, mei))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Equal(t, routing.Available, d.Presence(t, mei.AgentID), "a new day")
}

// Who was offline by choice, with a stream, is still so after a reload, and has left if they do not come back.
func TestDisconnect_chosenOfflineStays(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, c := connected(d, "Mei")
	d.Chooses(mei, routing.Offline, "")
	require.NoError(t, d.Disconnect(t.Context(), c))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Equal(t, routing.Offline, d.Presence(t, mei.AgentID))
	require.NoError(t, d.Disconnect(t.Context(), c))
	d.Chooses(mei, routing.Offline, "")
	require.Equal(t, 1, d.Count(t, "due", "kind = 'agent-gone'"))
	require.Zero(t, d.Count(t, "agents", "lost_at is not null"))
}

// It needs no stream: who works by single requests is there from when they say so.
func TestSetPresence_endsTheWaitWithoutAStream(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, _ := lost(d, "Mei")
	d.Chooses(mei, routing.Available, "")
	d.RequireTriggered()
	d.LossEnds(t)
	require.Equal(t, routing.Available, d.Presence(t, mei.AgentID))
	require.Zero(t, d.Count(t, "due", "true"))
	d.Waiting("wang")
	require.Equal(t, 1, d.MustDistribute())
}

// S9
// Who cannot come back with that API token is not waited for.
func TestRevokeToken_endsTheWaitForItsAgent(t *testing.T) {
	t.Parallel()
	for how, revoke := range map[string]func(d *postgrestest.Office, who access.Principal){
		"revoked": func(d *postgrestest.Office, who access.Principal) {
			require.NoError(t, d.RevokeToken(t.Context(), postgrestest.CLI, who.TokenID))
		},
		"expired": func(d *postgrestest.Office, who access.Principal) {
			d.Exec(t, `update api_tokens set expires_at = created_at where id = $1`, who.TokenID)
		},
		"disabled": func(d *postgrestest.Office, who access.Principal) {
			a, err := d.Agent(t.Context(), postgrestest.Tenant, who.AgentID)
			require.NoError(t, err)
			a.Disabled = true
			_, err = d.UpdateAgent(t.Context(), postgrestest.CLI, a)
			require.NoError(t, err)
		},
		"deleted": func(d *postgrestest.Office, who access.Principal) {
			require.NoError(t, d.DeleteAgent(t.Context(), postgrestest.CLI, who.AgentID))
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			d := postgrestest.NewOffice(t)
			mei, c := connected(d, "Mei")
			d.Exec(t, `delete from feed`)
			revoke(d, mei)
			require.NoError(t, d.Disconnect(t.Context(), c)) // as the API does then
			require.Equal(t, 1, d.Count(t, "agents", "id = $1 and presence = 'offline' and lost_at is null", mei.AgentID))
			require.Zero(t, d.Count(t, "due", "kind = 'agent-lost'"))
			require.Equal(t, 1, heard(d, mei))

			bo, _ := lost(d, "Bo")
			another := d.NewAgent("Another")
			revoke(d, another)
			require.Zero(t, heard(d, bo), "it was not theirs")
			if how == "expired" {
				return // nobody is told of the moment
			}
			revoke(d, bo)
			require.Equal(t, 1, d.Count(t, "agents", "id = $1 and presence = 'offline' and lost_at is null", bo.AgentID))
			require.Equal(t, 1, heard(d, bo))
			d.LossEnds(t)
			require.Equal(t, 1, heard(d, bo), "and not again when the ten seconds are over")
		})
	}
}

// A connection that comes and goes in the moment in which the wait ends begins another one.
func TestAgentLost_secondLossStartsANewWait(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, c := lost(d, "Mei")
	hold, err := d.Raw.Beginx()
	require.NoError(t, err)
	defer hold.Rollback() //nolint:errcheck // after Commit it does nothing
	_, err = hold.Exec(`select from agents for update`)
	require.NoError(t, err)
	d.Exec(t, `update due set due_at = now()`)
	returned := make(chan error, 1)
	go func() { returned <- d.Connect(t.Context(), uuid.NewString(), c) }()
	waitsForLock(d)
	ended := make(chan error, 1)
	go func() {
		_, err := d.DoAgentDue(t.Context())
		ended <- err
	}()
	d.WaitForLocks(2)
	require.NoError(t, hold.Commit())
	require.NoError(t, <-ended)
	require.NoError(t, <-returned)
	require.Equal(t, routing.Available, d.Presence(t, mei.AgentID))

	require.NoError(t, d.Disconnect(t.Context(), c))
	d.Exec(t, `delete from feed`)
	d.Exec(t, `update due set since = since - interval '20 seconds', due_at = now()`)
	_, err = d.MustDoAgentDue(t)
	require.NoError(t, err)
	require.Equal(t, feed.ReconnectGrace, d.WaitedFor(t, mei.AgentID))
	require.Zero(t, heard(d, mei))
}

// If no worker was there to end the wait, it is a new day anyway.
func TestConnect_afterALongLossSignsInAnew(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	mei, c := connected(d, "Mei")
	d.Chooses(mei, routing.DND, "")
	require.NoError(t, d.Disconnect(t.Context(), c))
	d.Exec(t, `update agents set lost_at = now() - $1 * interval '1 second'`, feed.DisconnectGrace.Seconds()+1)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Equal(t, routing.Available, d.Presence(t, mei.AgentID))
	require.Zero(t, d.Count(t, "agents", "lost_at is not null"))
}
