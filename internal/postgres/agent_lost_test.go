package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// connected is an agent with an event stream.
func (d *office) connected(name string) (access.Principal, feed.Connection) {
	d.t.Helper()
	who := d.agent(name)
	c := connectionOf(who.AgentID)
	c.TokenID = who.TokenID
	require.NoError(d.t, d.Connect(d.t.Context(), uuid.NewString(), c))
	return who, c
}

// lost is an agent who has lost the connection a moment ago. What was told before is forgotten.
func (d *office) lost(name string) (access.Principal, feed.Connection) {
	d.t.Helper()
	who, c := d.connected(name)
	require.NoError(d.t, d.Disconnect(d.t.Context(), c))
	d.exec(d.t, `delete from feed`)
	d.exec(d.t, `delete from distribution_triggers`)
	return who, c
}

// lossEnds has everybody offline who has lost the connection.
func (f *fixture) lossEnds(t testing.TB) {
	t.Helper()
	f.exec(t, `update due set due_at = now() where kind = 'agent-lost'`)
	_, err := f.doAgentDue(t)
	require.NoError(t, err)
}

// waitedFor reads how long nobody is told that an agent has lost the connection; zero where no row of due says so.
func (f *fixture) waitedFor(t testing.TB, agent conversation.AgentID) time.Duration {
	t.Helper()
	var seconds float64
	require.NoError(t, f.raw.Get(&seconds, `
		select coalesce((select extract(epoch from d.due_at - a.lost_at) from due d join agents a on a.id = d.agent_id
			where d.agent_id = $1 and d.kind = 'agent-lost' and d.since = a.lost_at), 0)`, agent))
	return time.Duration(seconds * float64(time.Second))
}

// heard counts the events that tell of an agent's presence.
func (d *office) heard(agent access.Principal) int {
	d.t.Helper()
	return d.count(d.t, "feed", "kind = 'presence' and agent_id = $1", agent.AgentID)
}

// isOffline checks that an agent is offline, was since they lost the connection, and that the desks were told once.
func (d *office) isOffline(agent access.Principal) {
	d.t.Helper()
	require.Equal(d.t, routing.Offline, d.presence(d.t, agent.AgentID))
	require.Equal(d.t, 1, d.heard(agent), "told once")
	require.Equal(d.t, 1, d.count(d.t, "agents", "id = $1 and lost_at is null", agent.AgentID))
	require.Equal(d.t, 1, d.count(d.t, "due", "agent_id = $1 and kind = 'agent-gone'", agent.AgentID))
	_, err := d.doAgentDue(d.t)
	require.NoError(d.t, err)
}

// PRE-7
func TestDisconnect_nobodyIsToldOfAReload(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, c := d.lost("Mei")
	require.Equal(t, routing.Available, d.presence(t, mei.AgentID))
	require.Equal(t, feed.ReconnectGrace, d.waitedFor(t, mei.AgentID))
	rows, err := d.doAgentDue(t)
	require.NoError(t, err)
	require.Zero(t, rows, "ten seconds are not over")

	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Equal(t, routing.Available, d.presence(t, mei.AgentID))
	require.Zero(t, d.heard(mei), "neither of the loss nor of the return")
	require.Zero(t, d.count(t, "due", "true"))
	require.Zero(t, d.count(t, "agents", "lost_at is not null"))
	d.requireTriggered()
}

// PRE-7
func TestDisconnect_offlineAfterTenSeconds(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, c := d.lost("Mei")
	var lostAt time.Time
	require.NoError(t, d.raw.Get(&lostAt, `select lost_at from agents where id = $1`, mei.AgentID))
	d.lossEnds(t)
	d.isOffline(mei)
	require.Equal(t, 1, d.count(t, "agents", "id = $1 and presence_at = $2", mei.AgentID, lostAt))
	require.Equal(t, feed.DisconnectGrace, d.timer(t, mei.AgentID), "counted from the loss")

	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Equal(t, routing.Available, d.presence(t, mei.AgentID))
	require.Equal(t, 2, d.heard(mei))
}

// The setting of the grace may be shorter than ten seconds.
func TestDisconnect_waitsNoLongerThanTheGrace(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, c := d.connected("Mei")
	require.NoError(t, open(t, d.dsn, d.ring, postgres.WithAgentGrace(time.Second)).Disconnect(t.Context(), c))
	require.Equal(t, time.Second, d.waitedFor(t, mei.AgentID))
}

func TestDisconnect_oneOfTwoIsNoLoss(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, one := d.connected("Mei")
	two := connectionOf(mei.AgentID)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), two))
	require.NoError(t, d.Disconnect(t.Context(), one))
	require.Zero(t, d.count(t, "agents", "lost_at is not null"))
	require.Zero(t, d.count(t, "due", "true"))
	require.NoError(t, d.Disconnect(t.Context(), two))
	require.Equal(t, feed.ReconnectGrace, d.waitedFor(t, mei.AgentID))
}

// A4: the connections of a process that died are removed by another.
func TestDropSilentProcesses_nobodyIsToldForTenSeconds(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, c := d.connected("Mei")
	d.exec(t, `update api_processes set beat_at = now() - interval '1 minute'`)
	d.exec(t, `delete from feed`)
	require.NoError(t, d.DropSilentProcesses(t.Context()))
	require.Zero(t, d.count(t, "connections", "true"))
	require.Equal(t, feed.ReconnectGrace, d.waitedFor(t, mei.AgentID))
	require.Equal(t, routing.Available, d.presence(t, mei.AgentID))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Zero(t, d.heard(mei))
}

func TestDistribute_whoLostTheConnectionIsNotAsked(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, c := d.lost("Mei")
	ref := d.waiting("wang")
	require.Zero(t, d.distribute())
	require.Equal(t, 1, d.count(t, "routing_traces", `stage = 'distribution' and body -> 'reasons' ? 'connection-lost'`))

	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	d.requireTriggered()
	require.Equal(t, 1, d.distribute())
	require.True(t, d.offeredTo(ref, mei))
}

// The connection is lost when everything is read and nothing is locked.
func TestDistribute_whoLosesTheConnectionMeanwhileIsNotAsked(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, c := d.connected("Mei")
	ref := d.waiting("wang")
	d.distributeWhile(func() { require.NoError(t, d.Disconnect(t.Context(), c)) })
	require.False(t, d.offeredTo(ref, mei))
}

func TestTransfer_refusedToWhoLostTheConnection(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	zhao := d.agent("Zhao")
	mei, c := d.lost("Mei")
	ref := d.had("wang", zhao)
	require.Empty(t, d.targets(ref, zhao).Agents)
	d.refused(command.RefusedTarget, ref, zhao, command.Transfer, toAgent(mei))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Len(t, d.targets(ref, zhao).Agents, 1)
	d.done(ref, zhao, command.Transfer, toAgent(mei))
}

// What was offered before waits as long as other work: the agent may come back and accept it.
func TestDisconnect_openOffersStayUntilTheGraceEnds(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, c := d.connected("Mei")
	first, second := d.offered("wang", mei), d.offered("zhou", mei)
	require.NoError(t, d.Disconnect(t.Context(), c))
	require.True(t, d.offeredTo(first, mei) && d.offeredTo(second, mei))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	d.done(first, mei, command.Accept)

	require.NoError(t, d.Disconnect(t.Context(), c))
	d.lossEnds(t)
	require.True(t, d.offeredTo(first, mei) && d.offeredTo(second, mei))
	d.graceEnds(t)
	_, err := d.doAgentDue(t)
	require.NoError(t, err)
	require.False(t, d.offeredTo(first, mei) || d.offeredTo(second, mei))
}

func TestSetPresence_offlineWhileLostCountsAtOnce(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei := d.agent("Mei")
	d.had("wang", mei)
	c := connectionOf(mei.AgentID)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.NoError(t, d.Disconnect(t.Context(), c))
	d.exec(t, `delete from feed`)
	d.chooses(mei, routing.Offline, "")
	require.Zero(t, d.count(t, "due", "kind = 'agent-lost'"))
	d.isOffline(mei)
	d.lossEnds(t)
	require.Equal(t, 1, d.heard(mei), "and not again when the ten seconds are over")
	require.Equal(t, 1, d.has(mei), "their work waits for them as after every loss")
	d.graceEnds(t)
	_, err := d.doAgentDue(t)
	require.NoError(t, err)
	require.Zero(t, d.has(mei))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Equal(t, routing.Available, d.presence(t, mei.AgentID), "a new day")
}

// Who was offline by choice, with a stream, is still so after a reload, and has left where they do not come back.
func TestDisconnect_whoChoseOfflineStaysOffline(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, c := d.connected("Mei")
	d.chooses(mei, routing.Offline, "")
	require.NoError(t, d.Disconnect(t.Context(), c))
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Equal(t, routing.Offline, d.presence(t, mei.AgentID))
	require.NoError(t, d.Disconnect(t.Context(), c))
	d.chooses(mei, routing.Offline, "")
	require.Equal(t, 1, d.count(t, "due", "kind = 'agent-gone'"))
	require.Zero(t, d.count(t, "agents", "lost_at is not null"))
}

// It needs no stream: who works by single requests is there from when they say so.
func TestSetPresence_anotherWhileLostNeedsNoStream(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, _ := d.lost("Mei")
	d.chooses(mei, routing.Available, "")
	d.requireTriggered()
	d.lossEnds(t)
	require.Equal(t, routing.Available, d.presence(t, mei.AgentID))
	require.Zero(t, d.count(t, "due", "true"))
	d.waiting("wang")
	require.Equal(t, 1, d.distribute())
}

// S9: who cannot come back with that API token is not waited for.
func TestRevokeToken_endsTheWaitForItsAgent(t *testing.T) {
	t.Parallel()
	for how, revoke := range map[string]func(d *office, who access.Principal){
		"revoked": func(d *office, who access.Principal) {
			require.NoError(t, d.RevokeToken(t.Context(), cli, who.TokenID))
		},
		"expired": func(d *office, who access.Principal) {
			d.exec(t, `update api_tokens set expires_at = created_at where id = $1`, who.TokenID)
		},
		"disabled": func(d *office, who access.Principal) {
			a, err := d.Agent(t.Context(), tenant, who.AgentID)
			require.NoError(t, err)
			a.Disabled = true
			_, err = d.UpdateAgent(t.Context(), cli, a)
			require.NoError(t, err)
		},
		"deleted": func(d *office, who access.Principal) {
			require.NoError(t, d.DeleteAgent(t.Context(), cli, who.AgentID))
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			d := newOffice(t)
			mei, c := d.connected("Mei")
			d.exec(t, `delete from feed`)
			revoke(d, mei)
			require.NoError(t, d.Disconnect(t.Context(), c)) // as the API does then
			require.Equal(t, 1, d.count(t, "agents", "id = $1 and presence = 'offline' and lost_at is null", mei.AgentID))
			require.Zero(t, d.count(t, "due", "kind = 'agent-lost'"))
			require.Equal(t, 1, d.heard(mei))

			bo, _ := d.lost("Bo")
			another := d.agent("Another")
			revoke(d, another)
			require.Zero(t, d.heard(bo), "it was not theirs")
			if how == "expired" {
				return // nobody is told of the moment
			}
			revoke(d, bo)
			require.Equal(t, 1, d.count(t, "agents", "id = $1 and presence = 'offline' and lost_at is null", bo.AgentID))
			require.Equal(t, 1, d.heard(bo))
			d.lossEnds(t)
			require.Equal(t, 1, d.heard(bo), "and not again when the ten seconds are over")
		})
	}
}

// A connection that comes and goes in the moment in which the wait ends begins another one.
func TestAgentLost_whoReturnsAndLeavesWaitsAnew(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, c := d.lost("Mei")
	hold, err := d.raw.Beginx()
	require.NoError(t, err)
	defer hold.Rollback() //nolint:errcheck // after Commit it does nothing
	_, err = hold.Exec(`select from agents for update`)
	require.NoError(t, err)
	d.exec(t, `update due set due_at = now()`)
	returned := make(chan error, 1)
	go func() { returned <- d.Connect(t.Context(), uuid.NewString(), c) }()
	d.waitsForLock()
	ended := make(chan error, 1)
	go func() {
		_, err := d.DoAgentDue(t.Context())
		ended <- err
	}()
	d.waitForLocks(2)
	require.NoError(t, hold.Commit())
	require.NoError(t, <-ended)
	require.NoError(t, <-returned)
	require.Equal(t, routing.Available, d.presence(t, mei.AgentID))

	require.NoError(t, d.Disconnect(t.Context(), c))
	d.exec(t, `delete from feed`)
	d.exec(t, `update due set since = since - interval '20 seconds', due_at = now()`)
	_, err = d.doAgentDue(t)
	require.NoError(t, err)
	require.Equal(t, feed.ReconnectGrace, d.waitedFor(t, mei.AgentID))
	require.Zero(t, d.heard(mei))
}

// Where no worker was there to end the wait, it is a new day all the same.
func TestConnect_afterALongLossSignsInAnew(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	mei, c := d.connected("Mei")
	d.chooses(mei, routing.DND, "")
	require.NoError(t, d.Disconnect(t.Context(), c))
	d.exec(t, `update agents set lost_at = now() - $1 * interval '1 second'`, feed.DisconnectGrace.Seconds()+1)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), c))
	require.Equal(t, routing.Available, d.presence(t, mei.AgentID))
	require.Zero(t, d.count(t, "agents", "lost_at is not null"))
}
