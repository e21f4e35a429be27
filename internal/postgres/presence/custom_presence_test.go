package presence_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

func customPresence(d *postgrestest.Office, name string, base routing.Presence) routing.CustomPresence {
	d.T.Helper()
	p, err := d.CreateCustomPresence(d.T.Context(), postgrestest.CLI, routing.CustomPresence{Name: name, Text: "The text of " + name, Base: base})
	require.NoError(d.T, err)
	return p
}

// shows is what an agent shows: in the agent's own answer, in the list of agents, and in the last event about the agent.
func shows(d *postgrestest.Office, who access.Principal) (routing.Presence, string) {
	d.T.Helper()
	now, err := d.AgentNow(d.T.Context(), postgrestest.Tenant, who.AgentID)
	require.NoError(d.T, err)
	agent, err := d.Agent(d.T.Context(), postgrestest.Tenant, who.AgentID)
	require.NoError(d.T, err)
	require.Equal(d.T, []any{now.Presence, now.Shown}, []any{agent.Presence, agent.Shown})
	var told string
	require.NoError(d.T, d.Raw.Get(&told, `select coalesce(body #>> '{custom_presence,text}', '') from feed
		where kind = 'presence' and agent_id = $1 order by id desc limit 1`, who.AgentID))
	if now.Shown == nil {
		require.Empty(d.T, told)
		return now.Presence, ""
	}
	require.Equal(d.T, now.Shown.Text, told)
	return now.Presence, now.Shown.Name
}

// PRE-2
func TestCustomPresence_countsAsItsBase(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	lunch, paper := customPresence(d, "Lunch", routing.Away), customPresence(d, "Paperwork", routing.Busy)
	is := func(presence routing.Presence, name string) {
		t.Helper()
		p, n := shows(d, li)
		require.Equal(t, []any{presence, name}, []any{p, n})
	}

	d.Chooses(li, "", lunch.ID)
	is(routing.Away, "Lunch")
	d.Refused(command.RefusedTarget, d.Had("wang", zhao), zhao, command.Transfer, postgrestest.ToAgent(li))
	d.Chooses(li, routing.Away, "")
	is(routing.Away, "")

	// It comes back within the grace, and not later.
	connection, process := postgrestest.ConnectionOf(li.AgentID), uuid.NewString()
	require.NoError(t, d.Connect(t.Context(), process, connection))
	d.Chooses(li, "", lunch.ID)
	require.NoError(t, d.Disconnect(t.Context(), connection))
	is(routing.Away, "Lunch")
	d.LossEnds(t)
	is(routing.Offline, "")
	require.NoError(t, d.Connect(t.Context(), process, connection))
	is(routing.Away, "Lunch")
	d.Exec(t, `update agents set default_presence = 'away' where id = $1`, li.AgentID)
	require.NoError(t, d.Disconnect(t.Context(), connection))
	d.LossEnds(t)
	d.Exec(t, `update agents set presence_at = now() - $1 * interval '1 second' where id = $2`, feed.DisconnectGrace.Seconds()+1, li.AgentID)
	require.NoError(t, d.Connect(t.Context(), process, connection))
	is(routing.Away, "")

	// Like the busy that a person chose it lasts until the next accept; the busy that follows then is the system's.
	d.Chooses(li, "", paper.ID)
	is(routing.Busy, "Paperwork")
	d.Exec(t, `delete from feed`)
	d.Had("zhou", li)
	is(routing.Busy, "")

	// A rejection that makes do-not-disturb is no choice of another name for it.
	quiet := customPresence(d, "Quiet", routing.DND)
	d.Chooses(li, "", quiet.ID)
	d.Chooses(li, routing.Available, "")
	d.Exec(t, `update agents set custom_presence = $1 where id = $2`, quiet.ID, li.AgentID)
	d.Stream("reject_dnd = true")
	d.Done(d.Offered("qian", li), li, command.Reject)
	is(routing.DND, "")

	_, err := d.SetPresence(t.Context(), li, li.AgentID, "", routing.PresenceID(uuid.NewString()))
	require.ErrorAs(t, err, new(*routing.UnknownError))
	_, err = d.SetPresence(t.Context(), access.Principal{Tenant: "another"}, li.AgentID, "", lunch.ID)
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

// PRE-2
func TestCustomPresence_staysWhileShown(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	lunch := customPresence(d, "Lunch", routing.Away)
	_, err := d.CreateCustomPresence(t.Context(), postgrestest.CLI, routing.CustomPresence{Name: "Lunch", Text: "x", Base: routing.DND})
	require.ErrorIs(t, err, conversation.ErrExists)
	d.Chooses(li, "", lunch.ID)
	require.ErrorIs(t, d.DeleteCustomPresence(t.Context(), postgrestest.CLI, lunch.ID), conversation.ErrInUse)
	other := lunch
	other.Base = routing.DND
	_, err = d.UpdateCustomPresence(t.Context(), postgrestest.CLI, other)
	require.ErrorIs(t, err, conversation.ErrInUse)
	named := lunch
	named.Name, named.Text = "Noon", "Back at one"
	named, err = d.UpdateCustomPresence(t.Context(), postgrestest.CLI, named)
	require.NoError(t, err)
	now, err := d.AgentNow(t.Context(), postgrestest.Tenant, li.AgentID)
	require.NoError(t, err)
	require.Equal(t, &routing.ShownPresence{ID: lunch.ID, Name: "Noon", Text: "Back at one"}, now.Shown)

	d.Chooses(li, routing.Available, "")
	named.Base = routing.DND
	_, err = d.UpdateCustomPresence(t.Context(), postgrestest.CLI, named)
	require.NoError(t, err)
	require.NoError(t, d.DeleteCustomPresence(t.Context(), postgrestest.CLI, lunch.ID))
	_, err = d.SetPresence(t.Context(), li, li.AgentID, "", lunch.ID)
	require.ErrorAs(t, err, new(*routing.UnknownError))
}
