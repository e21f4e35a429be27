package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/routing"
)

func (d *office) customPresence(name string, base routing.Presence) routing.CustomPresence {
	d.t.Helper()
	p, err := d.CreateCustomPresence(d.t.Context(), cli, routing.CustomPresence{Name: name, Text: "The text of " + name, Base: base})
	require.NoError(d.t, err)
	return p
}

// shows is what an agent shows: in the agent's own answer, in the list of agents, and in the last event about the agent.
func (d *office) shows(who access.Principal) (routing.Presence, string) {
	d.t.Helper()
	now, err := d.AgentNow(d.t.Context(), tenant, who.AgentID)
	require.NoError(d.t, err)
	agent, err := d.Agent(d.t.Context(), tenant, who.AgentID)
	require.NoError(d.t, err)
	require.Equal(d.t, []any{now.Presence, now.Shown}, []any{agent.Presence, agent.Shown})
	var told string
	require.NoError(d.t, d.raw.Get(&told, `select coalesce(body #>> '{custom_presence,text}', '') from feed
		where kind = 'presence' and agent_id = $1 order by id desc limit 1`, who.AgentID))
	if now.Shown == nil {
		require.Empty(d.t, told)
		return now.Presence, ""
	}
	require.Equal(d.t, now.Shown.Text, told)
	return now.Presence, now.Shown.Name
}

func (d *office) chooses(who access.Principal, p routing.Presence, custom routing.PresenceID) {
	d.t.Helper()
	_, err := d.SetPresence(d.t.Context(), who, who.AgentID, p, custom)
	require.NoError(d.t, err)
}

func TestPRE2_aCustomPresenceIsShownWhileItLastsAndCountsAsItsBase(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, zhao := d.agent("Li"), d.agent("Zhao")
	lunch, paper := d.customPresence("Lunch", routing.Away), d.customPresence("Paperwork", routing.Busy)
	is := func(presence routing.Presence, name string) {
		t.Helper()
		p, n := d.shows(li)
		require.Equal(t, []any{presence, name}, []any{p, n})
	}

	d.chooses(li, "", lunch.ID)
	is(routing.Away, "Lunch")
	d.refused(command.RefusedTarget, d.had("wang", zhao), zhao, command.Transfer, toAgent(li))
	d.chooses(li, routing.Away, "")
	is(routing.Away, "")

	// It comes back within the grace, and not later.
	connection, process := connectionOf(li.AgentID), uuid.NewString()
	require.NoError(t, d.Connect(t.Context(), process, connection))
	d.chooses(li, "", lunch.ID)
	require.NoError(t, d.Disconnect(t.Context(), connection))
	is(routing.Away, "Lunch")
	d.lossEnds(t)
	is(routing.Offline, "")
	require.NoError(t, d.Connect(t.Context(), process, connection))
	is(routing.Away, "Lunch")
	d.exec(t, `update agents set default_presence = 'away' where id = $1`, li.AgentID)
	require.NoError(t, d.Disconnect(t.Context(), connection))
	d.lossEnds(t)
	d.exec(t, `update agents set presence_at = now() - $1 * interval '1 second' where id = $2`, feed.DisconnectGrace.Seconds()+1, li.AgentID)
	require.NoError(t, d.Connect(t.Context(), process, connection))
	is(routing.Away, "")

	// Like the busy that a person chose it lasts until the next accept; the busy that follows then is the system's.
	d.chooses(li, "", paper.ID)
	is(routing.Busy, "Paperwork")
	d.exec(t, `delete from feed`)
	d.had("zhou", li)
	is(routing.Busy, "")

	// A rejection that makes do-not-disturb is no choice of another name for it.
	quiet := d.customPresence("Quiet", routing.DND)
	d.chooses(li, "", quiet.ID)
	d.chooses(li, routing.Available, "")
	d.exec(t, `update agents set custom_presence = $1 where id = $2`, quiet.ID, li.AgentID)
	d.stream("reject_dnd = true")
	d.done(d.offered("qian", li), li, command.Reject)
	is(routing.DND, "")

	_, err := d.SetPresence(t.Context(), li, li.AgentID, "", routing.PresenceID(uuid.NewString()))
	require.ErrorAs(t, err, new(*routing.UnknownError))
	_, err = d.SetPresence(t.Context(), access.Principal{Tenant: "another"}, li.AgentID, "", lunch.ID)
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

func TestPRE2_aCustomPresenceThatSomebodyShowsStays(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	lunch := d.customPresence("Lunch", routing.Away)
	_, err := d.CreateCustomPresence(t.Context(), cli, routing.CustomPresence{Name: "Lunch", Text: "x", Base: routing.DND})
	require.ErrorIs(t, err, conversation.ErrExists)
	d.chooses(li, "", lunch.ID)
	require.ErrorIs(t, d.DeleteCustomPresence(t.Context(), cli, lunch.ID), conversation.ErrInUse)
	other := lunch
	other.Base = routing.DND
	_, err = d.UpdateCustomPresence(t.Context(), cli, other)
	require.ErrorIs(t, err, conversation.ErrInUse)
	named := lunch
	named.Name, named.Text = "Noon", "Back at one"
	named, err = d.UpdateCustomPresence(t.Context(), cli, named)
	require.NoError(t, err)
	now, err := d.AgentNow(t.Context(), tenant, li.AgentID)
	require.NoError(t, err)
	require.Equal(t, &routing.ShownPresence{ID: lunch.ID, Name: "Noon", Text: "Back at one"}, now.Shown)

	d.chooses(li, routing.Available, "")
	named.Base = routing.DND
	_, err = d.UpdateCustomPresence(t.Context(), cli, named)
	require.NoError(t, err)
	require.NoError(t, d.DeleteCustomPresence(t.Context(), cli, lunch.ID))
	_, err = d.SetPresence(t.Context(), li, li.AgentID, "", lunch.ID)
	require.ErrorAs(t, err, new(*routing.UnknownError))
}
