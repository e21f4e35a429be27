package users_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
	"wxdesk/internal/user"
)

// person is somebody with an agent, and what they have open.
type person struct {
	*postgrestest.Fixture
	t     *testing.T
	user  user.User
	who   access.Principal
	agent conversation.AgentID
}

func newPerson(t *testing.T) *person {
	t.Helper()
	f := postgrestest.NewFixture(t)
	d := &person{Fixture: f, t: t, agent: f.NewAgent(t, "Mei")}
	d.user = f.NewUser(t, "王芳", access.RoleAgent, d.agent)
	d.who, _ = f.Enters(t, d.user)
	return d
}

// opens opens an event stream in the person's browser.
func (d *person) opens() feed.Connection {
	d.t.Helper()
	c := feed.Connection{ID: uuid.NewString(), Tenant: postgrestest.Tenant, AgentID: d.agent, UserID: d.who.UserID, SessionID: d.who.SessionID}
	require.NoError(d.t, d.Connect(d.t.Context(), uuid.NewString(), c))
	return c
}

func (d *person) is(want routing.Presence) {
	d.t.Helper()
	require.Equal(d.t, want, d.Presence(d.t, d.agent))
}

func (d *person) atWork() bool {
	d.t.Helper()
	at, err := d.AtWork(d.t.Context(), d.who)
	require.NoError(d.t, err)
	return at
}

// B7
// Opening the desk does not bring work. Somebody is at work while their shift is on and at least one stream is open, whichever came first.
func TestShift_isTheShiftAndAStream(t *testing.T) {
	t.Parallel()
	d := newPerson(t)
	c := d.opens()
	d.is(routing.Offline)
	require.False(t, d.atWork())
	for range 2 {
		require.NoError(t, d.BeginShift(t.Context(), d.who))
	}
	d.is(routing.Available)
	require.True(t, d.atWork())

	second := d.opens()
	require.NoError(t, d.Disconnect(t.Context(), c))
	d.is(routing.Available)
	require.Zero(t, d.Count(t, "due", "kind = 'agent-lost'"))
	require.NoError(t, d.Disconnect(t.Context(), second))
	d.LossEnds(t)
	d.is(routing.Offline)
	require.True(t, d.atWork(), "the line was lost, and may come back")
	d.opens()
	d.is(routing.Available)
}

func TestShift_beforeAnyStream(t *testing.T) {
	t.Parallel()
	d := newPerson(t)
	require.NoError(t, d.BeginShift(t.Context(), d.who))
	d.is(routing.Offline)
	d.opens()
	d.is(routing.Available)
}

// Somebody who ends their shift is offline at once, though the page stays open. The next shift begins with the default presence.
func TestShift_endsAtOnce(t *testing.T) {
	t.Parallel()
	d := newPerson(t)
	d.opens()
	require.NoError(t, d.BeginShift(t.Context(), d.who))
	_, err := d.SetPresence(t.Context(), d.who, d.agent, routing.Away, "")
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, d.EndShift(t.Context(), d.who))
	}
	d.is(routing.Offline)
	require.False(t, d.atWork())
	require.Positive(t, d.Timer(t, d.agent), "work goes back when the grace ends")
	d.opens()
	d.is(routing.Offline)
	require.NoError(t, d.BeginShift(t.Context(), d.who))
	d.is(routing.Available)
	require.Zero(t, d.Timer(t, d.agent))
}

// An API token's stream signs its agent in, also while a person has the desk open without a shift. It stays when that person's shift ends.
func TestShift_streamsOfAPITokensCountAlways(t *testing.T) {
	t.Parallel()
	d := newPerson(t)
	d.opens()
	program := postgrestest.ConnectionOf(d.agent)
	require.NoError(t, d.Connect(t.Context(), uuid.NewString(), program))
	d.is(routing.Available)
	require.NoError(t, d.BeginShift(t.Context(), d.who))
	require.NoError(t, d.EndShift(t.Context(), d.who))
	d.is(routing.Available)
	require.NoError(t, d.Disconnect(t.Context(), program))
	d.LossEnds(t)
	d.is(routing.Offline)
}

// The shift of somebody whose work went back to its queue has ended. When they open the desk the next day, they get no work by that alone.
func TestShift_endsWhenTheWorkGoesBack(t *testing.T) {
	t.Parallel()
	d := newPerson(t)
	c := d.opens()
	require.NoError(t, d.BeginShift(t.Context(), d.who))
	require.NoError(t, d.Disconnect(t.Context(), c))
	d.LossEnds(t)
	d.Exec(t, `update due set due_at = now()`)
	_, err := d.MustDoAgentDue(t)
	require.NoError(t, err)
	require.False(t, d.atWork())
	d.opens()
	d.is(routing.Offline)
}

// S9
// When the last session ends or the rights are taken away, the shift ends at once, without the time of grace.
func TestShift_endsWithTheLastSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(d *person){
		"sign-out": func(d *person) {
			require.NoError(d.t, d.EndSession(d.t.Context(), postgrestest.Tenant, d.user.ID, d.who.SessionID))
		},
		"disabled": func(d *person) {
			d.user.Disabled = true
			_, err := d.UpdateUser(d.t.Context(), postgrestest.CLI, d.user)
			require.NoError(d.t, err)
		},
		"deleted": func(d *person) { require.NoError(d.t, d.DeleteUser(d.t.Context(), postgrestest.CLI, d.user.ID)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newPerson(t)
			d.opens()
			require.NoError(t, d.BeginShift(t.Context(), d.who))
			d.is(routing.Available)
			end(d)
			d.is(routing.Offline)
			require.False(t, d.atWork())
		})
	}
}

// If a session has ended before its stream does, the agent is offline at once, without the time of grace.
func TestDisconnect_ofASessionThatIsOver(t *testing.T) {
	t.Parallel()
	d := newPerson(t)
	c := d.opens()
	require.NoError(t, d.BeginShift(t.Context(), d.who))
	d.Exec(t, `update sessions set until = now()`)
	require.NoError(t, d.Disconnect(t.Context(), c))
	d.is(routing.Offline)
	d.who, _ = d.Enters(t, d.user)
	require.False(t, d.atWork(), "a shift is over with its sessions")
}

// M05
// When an agent is removed, a user who has the role agent is disabled too. A supervisor stays a user.
func TestDeleteAgent_usersOfThem(t *testing.T) {
	t.Parallel()
	d := newPerson(t)
	bo := d.Fixture.NewAgent(t, "Bo")
	boss := d.NewUser(t, "Boss", access.RoleSupervisor, bo)
	who, hash := d.Enters(t, boss)
	require.Equal(t, bo, who.AgentID)
	d.Exec(t, `update agents set disabled = true where id = $1`, bo)
	now, err := d.AuthenticateSession(t.Context(), hash)
	require.NoError(t, err)
	require.Empty(t, now.AgentID, "a supervisor still, and no agent")
	for _, agent := range []conversation.AgentID{d.agent, bo} {
		require.NoError(t, d.DeleteAgent(t.Context(), postgrestest.CLI, agent))
	}
	gone, err := d.User(t.Context(), postgrestest.Tenant, d.user.ID)
	require.NoError(t, err)
	require.True(t, gone.Disabled)
	stays, err := d.User(t.Context(), postgrestest.Tenant, boss.ID)
	require.NoError(t, err)
	require.False(t, stays.Disabled)
	require.Empty(t, stays.AgentID)
}
