package users_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
	"wxdesk/internal/user"
)

func TestUsers_keptListedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	mei := f.NewAgent(t, "Mei")
	f.NewUser(t, "Lin", access.RoleAdmin, "")
	u := f.NewUser(t, "王芳", access.RoleAgent, mei)
	require.False(t, u.HasPassword)
	found, err := f.UserNamed(t.Context(), postgrestest.Tenant, " 王芳 ")
	require.NoError(t, err)
	require.Equal(t, u, found)

	_, err = f.CreateUser(t.Context(), postgrestest.CLI, user.User{Name: "ＬＩＮ", Role: access.RoleAdmin})
	require.ErrorIs(t, err, conversation.ErrExists)
	_, err = f.CreateUser(t.Context(), postgrestest.CLI, user.User{Name: "Double", Role: access.RoleSupervisor, AgentID: mei})
	require.ErrorIs(t, err, conversation.ErrExists)
	var unknown *routing.UnknownError
	_, err = f.CreateUser(t.Context(), postgrestest.CLI, user.User{Name: "Nobody's", Role: access.RoleAgent, AgentID: conversation.AgentID(uuid.NewString())})
	require.ErrorAs(t, err, &unknown)

	u.Name, u.Role, u.Locale = "王小芳", access.RoleSupervisor, "zh-CN"
	changed, err := f.UpdateUser(t.Context(), postgrestest.CLI, u)
	require.NoError(t, err)
	require.Equal(t, u.Version+1, changed.Version)
	again, err := f.UpdateUser(t.Context(), postgrestest.CLI, u)
	require.NoError(t, err, "the very same change again")
	require.Equal(t, changed, again)
	u.Name = "Somebody else's"
	_, err = f.UpdateUser(t.Context(), postgrestest.CLI, u)
	require.ErrorIs(t, err, conversation.ErrVersion)
	list, err := f.ListUsers(t.Context(), postgrestest.Tenant, "", 10)
	require.NoError(t, err)
	require.Len(t, list, 2)

	for range 2 {
		require.NoError(t, f.DeleteUser(t.Context(), postgrestest.CLI, u.ID))
	}
	_, err = f.User(t.Context(), postgrestest.Tenant, u.ID)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	f.NewUser(t, "王小芳", access.RoleAgent, mei)
	for _, act := range []string{"user.create", "user.update", "user.delete"} {
		require.Positive(t, f.Count(t, "audit", "action = $1 and actor = 'cli'", act), act)
	}
	stranger := access.Actor{Tenant: "another", Name: "cli"}
	require.ErrorIs(t, f.DeleteUser(t.Context(), stranger, u.ID), conversation.ErrNotFound)
}

// M06
// This holds also when two administrators take each other's role at once.
func TestUsers_lastAdministratorStays(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	one := f.NewUser(t, "One", access.RoleAdmin, "")
	require.ErrorIs(t, f.DeleteUser(t.Context(), postgrestest.CLI, one.ID), user.ErrLastAdmin)
	for _, change := range []func(u *user.User){
		func(u *user.User) { u.Role = access.RoleSupervisor }, func(u *user.User) { u.Disabled = true },
	} {
		wished := one
		change(&wished)
		_, err := f.UpdateUser(t.Context(), postgrestest.CLI, wished)
		require.ErrorIs(t, err, user.ErrLastAdmin)
	}
	for range 10 {
		two := f.NewUser(t, "Two "+uuid.NewString(), access.RoleAdmin, "")
		var both sync.WaitGroup
		var failed [2]error
		both.Go(func() { failed[0] = f.DeleteUser(t.Context(), postgrestest.CLI, one.ID) })
		both.Go(func() { failed[1] = f.DeleteUser(t.Context(), postgrestest.CLI, two.ID) })
		both.Wait()
		require.Equal(t, 1, f.Count(t, "users", "role = 'admin' and not disabled"))
		if one = two; failed[1] == nil {
			list, err := f.ListUsers(t.Context(), postgrestest.Tenant, "", 10)
			require.NoError(t, err)
			one = list[0]
			require.ErrorIs(t, failed[0], user.ErrLastAdmin)
			continue
		}
		require.ErrorIs(t, failed[1], user.ErrLastAdmin)
	}
}

// S9, S10
// A session is found by its hash until it ends, in whichever way.
func TestSession_countsUntilItIsOver(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	mei := f.NewAgent(t, "Mei")
	f.NewUser(t, "Lin", access.RoleAdmin, "")
	u := f.NewUser(t, "王芳", access.RoleAgent, mei)
	who, hash := f.Enters(t, u)
	require.Equal(t, access.Principal{Tenant: postgrestest.Tenant, UserID: string(u.ID), SessionID: who.SessionID, Name: "王芳", Role: access.RoleAgent, AgentID: mei}, who)
	found, err := f.AuthenticateSession(t.Context(), hash)
	require.NoError(t, err)
	require.Equal(t, who, found)
	_, err = f.Authenticate(t.Context(), hash)
	require.ErrorIs(t, err, conversation.ErrNotFound, "it is no API token")
	good, err := f.StillGood(t.Context(), []access.Principal{who})
	require.NoError(t, err)
	require.Equal(t, []access.Principal{who}, good)

	rights := func(change func(u *user.User)) func() {
		return func() {
			now, err := f.User(t.Context(), postgrestest.Tenant, u.ID)
			require.NoError(t, err)
			change(&now)
			_, err = f.UpdateUser(t.Context(), postgrestest.CLI, now)
			require.NoError(t, err)
		}
	}
	for name, end := range map[string]func(){
		"idle":     func() { f.Exec(t, `update sessions set seen_at = now() - idle`) },
		"at most":  func() { f.Exec(t, `update sessions set until = now()`) },
		"sign-out": func() { require.NoError(t, f.EndSession(t.Context(), postgrestest.Tenant, u.ID, who.SessionID)) },
		"password": func() {
			require.NoError(t, f.SetPassword(t.Context(), access.Principal{Tenant: postgrestest.Tenant, UserID: string(u.ID)}, "hash"))
		},
		"role":           rights(func(u *user.User) { u.Role = access.RoleSupervisor }),
		"disabled":       rights(func(u *user.User) { u.Disabled = true }),
		"agent disabled": func() { f.Exec(t, `update agents set disabled = true`) },
	} {
		f.Exec(t, `update agents set disabled = false`)
		f.Exec(t, `update users set role = 'agent', disabled = false where name = '王芳'`)
		who, hash = f.Enters(t, u)
		_, err = f.AuthenticateSession(t.Context(), hash)
		require.NoError(t, err, name)
		end()
		_, err = f.AuthenticateSession(t.Context(), hash)
		require.ErrorIs(t, err, conversation.ErrNotFound, name)
		good, err := f.StillGood(t.Context(), []access.Principal{who})
		require.NoError(t, err)
		require.Empty(t, good, name)
	}
}

func TestSession_isKeptByRequestsAlone(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	u := f.NewUser(t, "Lin", access.RoleAdmin, "")
	who, hash := f.Enters(t, u)
	f.Exec(t, `update sessions set seen_at = now() - interval '30 minutes'`)
	_, err := f.StillGood(t.Context(), []access.Principal{who})
	require.NoError(t, err)
	require.Equal(t, 1, f.Count(t, "sessions", "seen_at < now() - interval '29 minutes'"), "an open stream is no sign of a person")
	_, err = f.AuthenticateSession(t.Context(), hash)
	require.NoError(t, err)
	require.Equal(t, 1, f.Count(t, "sessions", "seen_at > now() - interval '1 minute'"))
}

func TestSession_aTwentyFirstEndsTheOldest(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	u := f.NewUser(t, "Lin", access.RoleAdmin, "")
	_, first := f.Enters(t, u)
	for range user.MaxSessions {
		f.Enters(t, u)
	}
	list, err := f.SessionsOf(t.Context(), postgrestest.Tenant, u.ID)
	require.NoError(t, err)
	require.Len(t, list, user.MaxSessions)
	require.Equal(t, "Firefox", list[0].Browser)
	_, err = f.AuthenticateSession(t.Context(), first)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	require.ErrorIs(t, f.EndSession(t.Context(), postgrestest.Tenant, user.ID(uuid.NewString()), list[0].ID), conversation.ErrNotFound, "somebody else's")
}

func TestSession_takesThePlaceOfTheBrowsersLast(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	lin, mei := f.NewUser(t, "Lin", access.RoleAdmin, ""), f.NewUser(t, "Mei", access.RoleAdmin, "")
	_, before := f.Enters(t, lin)
	o := postgrestest.Opening()
	o.Replaces = before
	_, _, err := f.BeginSession(t.Context(), postgrestest.Tenant, mei.ID, o)
	require.NoError(t, err)
	_, err = f.AuthenticateSession(t.Context(), before)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	require.Equal(t, 2, f.Count(t, "audit", "action = 'session.begin' and detail @> '{\"fields\":[\"password\"]}'"))
}

func TestLink_isUsedOnceAndIsOverAfterAQuarter(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	u := f.NewUser(t, "Lin", access.RoleAdmin, "")
	old, _, err := f.MakeLink(t.Context(), postgrestest.CLI, u.ID, false)
	require.NoError(t, err)
	code, until, err := f.MakeLink(t.Context(), postgrestest.CLI, u.ID, false)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(user.LinkLifetime), until, time.Minute)
	_, err = f.FindLink(t.Context(), postgrestest.HashOf(old))
	require.ErrorIs(t, err, conversation.ErrNotFound, "the newest counts")
	link, err := f.FindLink(t.Context(), postgrestest.HashOf(code))
	require.NoError(t, err)
	require.Equal(t, user.Link{Tenant: postgrestest.Tenant, UserID: u.ID, Name: "Lin"}, link)

	_, before := f.Enters(t, u)
	text, who, err := f.UseLink(t.Context(), link, postgrestest.HashOf(code), "hash", postgrestest.Opening())
	require.NoError(t, err)
	found, err := f.AuthenticateSession(t.Context(), postgrestest.HashOf(text))
	require.NoError(t, err)
	require.Equal(t, who, found)
	_, err = f.AuthenticateSession(t.Context(), before)
	require.ErrorIs(t, err, conversation.ErrNotFound, "a new password ends what was open")
	_, hash, err := f.PasswordOf(t.Context(), postgrestest.Tenant, "lin")
	require.NoError(t, err)
	require.Equal(t, "hash", hash)
	_, _, err = f.UseLink(t.Context(), link, postgrestest.HashOf(code), "another", postgrestest.Opening())
	require.ErrorIs(t, err, conversation.ErrNotFound)

	late, _, err := f.MakeLink(t.Context(), postgrestest.CLI, u.ID, true)
	require.NoError(t, err)
	f.Exec(t, `update sign_in_links set until = now()`)
	_, err = f.FindLink(t.Context(), postgrestest.HashOf(late))
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

// A22
// Tries are counted over all processes, and the row does not show the name.
func TestCountTry_countsOverProcesses(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	u := f.NewUser(t, "Lin", access.RoleAdmin, "")
	other := postgrestest.Open(t, f.DSN, f.Ring)
	var all sync.WaitGroup
	var mu sync.Mutex
	allowed := 0
	for i := range 40 {
		db := []*postgrestest.Ledger{f.Ledger, other}[i%2]
		all.Go(func() {
			wait, err := db.CountTry(t.Context(), postgrestest.Tenant, "LIN", "192.0.2.0/24")
			mu.Lock()
			defer mu.Unlock()
			if err == nil && wait == 0 {
				allowed++
			}
		})
	}
	all.Wait()
	require.Equal(t, user.MaxTries, allowed)
	require.Zero(t, f.Count(t, "sign_in_tries", "key ilike '%lin%'"))
	wait, err := other.CountTry(t.Context(), postgrestest.Tenant, "Somebody", "192.0.2.0/24")
	require.NoError(t, err)
	require.Greater(t, wait, 14*time.Minute, "of the network")
	require.Equal(t, 1, f.Count(t, "sign_in_tries", "kind = 'name'"), "a network that is refused adds no names")
	wait, err = other.CountTry(t.Context(), postgrestest.Tenant, "lin", "198.51.100.0/24")
	require.NoError(t, err)
	require.Greater(t, wait, 14*time.Minute, "of the name")

	f.Enters(t, u)
	wait, err = f.CountTry(t.Context(), postgrestest.Tenant, "Lin", "198.51.100.0/24")
	require.NoError(t, err)
	require.Zero(t, wait, "who was right is forgiven")
	f.Exec(t, `update sign_in_tries set since = now() - interval '15 minutes 1 second'`)
	wait, err = f.CountTry(t.Context(), postgrestest.Tenant, "Lin", "192.0.2.0/24")
	require.NoError(t, err)
	require.Zero(t, wait)
	gone, err := f.Forget(t.Context())
	require.NoError(t, err)
	require.Positive(t, gone["sign-in tries"])
}

func TestPreferences_keepWhatIsNotChanged(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	u := f.NewUser(t, "Lin", access.RoleAdmin, "")
	loud, english := 80, "en"
	_, _, err := f.SetPreferences(t.Context(), postgrestest.Tenant, u.ID, &english, user.Preferences{Volume: &loud})
	require.NoError(t, err)
	_, _, err = f.SetPreferences(t.Context(), postgrestest.Tenant, u.ID, nil, user.Preferences{Theme: "dark"})
	require.NoError(t, err)
	locale, chosen, err := f.Preferences(t.Context(), postgrestest.Tenant, u.ID)
	require.NoError(t, err)
	require.Equal(t, "en", locale)
	require.Equal(t, user.Preferences{Volume: &loud, Theme: "dark"}, chosen)
}

func TestRenewPasswordHash_leavesANewPassword(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	u := f.NewUser(t, "Lin", access.RoleAdmin, "")
	f.Exec(t, `update users set password = 'old'`)
	require.NoError(t, f.RenewPasswordHash(t.Context(), postgrestest.Tenant, u.ID, "old", "old, renewed"))
	require.NoError(t, f.RenewPasswordHash(t.Context(), postgrestest.Tenant, u.ID, "old", "too late"))
	_, hash, err := f.PasswordOf(t.Context(), postgrestest.Tenant, "Lin")
	require.NoError(t, err)
	require.Equal(t, "old, renewed", hash)
}
