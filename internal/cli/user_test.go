package cli_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The first administrator comes in by a link, which needs nothing but the database and the master keys.
func TestUser_createdListedDisabledAndRemoved(t *testing.T) {
	t.Parallel()
	environ := append(ledger(t), "WXDESK_CONSOLE_URL=https://people.example")
	created := run("", environ, "user", "create", "--role", "admin", "--name", "Lin")
	require.Zero(t, created.code, created.errors)
	require.True(t, strings.HasPrefix(created.out, "https://people.example/welcome#wxl_"), created.out)
	require.NotEqual(t, created.out, run("", environ, "user", "link", "lin").out)
	require.Regexp(t, `Lin +admin +- +false +- +false\n`, run("", environ, "user", "list").out)

	for _, args := range [][]string{{"disable", "Lin"}, {"delete", "Lin"}} {
		refused := run("", environ, append([]string{"user"}, args...)...)
		require.Equal(t, 1, refused.code)
		require.Contains(t, refused.errors, "no administrator left")
	}
	require.Zero(t, run("", environ, "user", "create", "--role", "admin", "--name", "Second").code)
	require.Zero(t, run("", environ, "user", "disable", "Lin").code)
	disabled := run("", environ, "user", "link", "Lin")
	require.Equal(t, 1, disabled.code)
	require.Contains(t, disabled.errors, "is disabled")
	require.Zero(t, run("", environ, "user", "enable", "Lin").code)
	require.Zero(t, run("", environ, "user", "link", "Lin").code)
	require.Zero(t, run("", environ, "user", "delete", "Lin").code)
}

func TestUser_mistakesAreSentences(t *testing.T) {
	t.Parallel()
	environ := ledger(t)
	agent := strings.TrimSpace(run("", environ, "agent", "create", "--name", "Mei").out)
	require.Zero(t, run("", environ, "user", "create", "--role", "agent", "--name", "Mei", "--agent", agent).code)
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no such role":     {[]string{"create", "--role", "root", "--name", "A"}, "none of admin, supervisor, agent"},
		"no name":          {[]string{"create", "--role", "admin", "--name", " A"}, "--name must have"},
		"no agent":         {[]string{"create", "--role", "agent", "--name", "A"}, "needs --agent"},
		"no UUID":          {[]string{"create", "--role", "agent", "--name", "A", "--agent", "x"}, "must be a UUID"},
		"unknown agent":    {[]string{"create", "--role", "agent", "--name", "A", "--agent", "0196d3b2-4c11-7aaa-8aaa-00000000dead"}, "no agent with that id"},
		"a name again":     {[]string{"create", "--role", "admin", "--name", "MEI"}, "another user has that name"},
		"an agent again":   {[]string{"create", "--role", "supervisor", "--name", "A", "--agent", agent}, "is that agent"},
		"nobody's name":    {[]string{"link", "Nobody"}, "no user with that name"},
		"nobody to remove": {[]string{"delete", "Nobody"}, "no user with that name"},
	} {
		got := run("", environ, append([]string{"user"}, c.args...)...)
		require.Equal(t, 1, got.code, name)
		require.Contains(t, got.errors, c.says, name)
	}
}
