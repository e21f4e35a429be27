package user_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/user"
)

func TestKey_namesThatLookAlikeAreOne(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Lin", "lin", "LIN", "Ｌｉｎ", " Lin\t"} {
		require.Equal(t, "lin", user.Key(name), name)
	}
	require.NotEqual(t, user.Key("王芳"), user.Key("王方"))
}

func TestValidName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"王芳", "Satō Yui", strings.Repeat("芳", 100)} {
		require.True(t, user.ValidName(name), name)
	}
	for _, name := range []string{"", " ", " Lin", "Lin\n", "L\x00in", "L\u0007in", strings.Repeat("x", 101), "\xff"} {
		require.False(t, user.ValidName(name), name)
	}
}

func TestPassword_tenTo128Characters(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"correct horse", "密码密码密码密码密码", strings.Repeat("密", 128)} {
		_, ok := user.Password(good)
		require.True(t, ok, good)
	}
	for _, bad := range []string{"", "too short", "密码密码密码密码密", strings.Repeat("x", 129), strings.Repeat("x", 10_000), "not UTF-8 \xff\xff"} {
		_, ok := user.Password(bad)
		require.False(t, ok, bad)
	}
	composed, _ := user.Password("caf\u00e9 au lait")
	apart, _ := user.Password("cafe\u0301 au lait")
	require.Equal(t, composed, apart, "one system composes letters with their accents, another does not")
	_, ok := user.NewPassword("Somebody Long", "SOMEBODY LONG")
	require.False(t, ok)
}

func TestTries_theEleventhWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for count, wait := range map[int]time.Duration{1: 0, 10: 0, 11: 5 * time.Minute, 1000: 5 * time.Minute} {
		require.Equal(t, wait, user.Tries{Count: count, Since: now.Add(-10 * time.Minute)}.Wait(now), count)
	}
}

func TestNeedsCurrent_notSoonAfterALink(t *testing.T) {
	t.Parallel()
	now := time.Now()
	link := user.Session{ByLink: true, CreatedAt: now.Add(-14 * time.Minute)}
	require.False(t, link.NeedsCurrent(true, now))
	require.True(t, link.NeedsCurrent(true, now.Add(time.Minute)))
	require.False(t, link.NeedsCurrent(false, now.Add(time.Hour)))
	require.True(t, user.Session{CreatedAt: now}.NeedsCurrent(true, now))
}

func TestEndsSessions_onlyRightsDo(t *testing.T) {
	t.Parallel()
	before := user.User{Name: "Lin", Role: access.RoleSupervisor, AgentID: "a", Locale: "en"}
	for name, c := range map[string]struct {
		change func(u *user.User)
		ends   bool
	}{
		"name":     {func(u *user.User) { u.Name = "Lin Lin" }, false},
		"locale":   {func(u *user.User) { u.Locale = "zh-CN" }, false},
		"role":     {func(u *user.User) { u.Role = access.RoleAdmin }, true},
		"agent":    {func(u *user.User) { u.AgentID = "" }, true},
		"disabled": {func(u *user.User) { u.Disabled = true }, true},
	} {
		after := before
		c.change(&after)
		require.Equal(t, c.ends, user.EndsSessions(before, after), name)
	}
}

func TestBrowser_isShortAndHarmless(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Mozilla/5.0 <b>", user.Browser("Mozilla/5.0\r\n <b>\u202e"))
	require.Len(t, user.Browser(strings.Repeat("x", 8000)), 200)
}

func TestPreferences_whatIsAbsentStays(t *testing.T) {
	t.Parallel()
	quiet, no := 0, false
	chosen := user.Preferences{SendKey: "enter", Theme: "dark"}.With(user.Preferences{Volume: &quiet, Shortcuts: &no, Theme: "light"})
	require.Equal(t, user.Preferences{SendKey: "enter", Theme: "light", Volume: &quiet, Shortcuts: &no}, chosen)
}
