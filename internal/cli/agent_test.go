package cli_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const queueOfTheSchema = "00000000-0000-7000-8000-000000000002"

func TestAgent_isCreatedAndGetsAToken(t *testing.T) {
	t.Parallel()
	environ := ledger(t)
	made := run("", environ, "agent", "create", "--name", "Ann", "--queue", queueOfTheSchema)
	require.Zero(t, made.code, made.errors)
	id := strings.TrimSpace(made.out)
	require.Regexp(t, `^[0-9a-f-]{36}$`, id)
	require.Regexp(t, id+` +Ann +offline +false`, run("", environ, "agent", "list").out)
	require.Zero(t, run("", environ, "token", "create", "--role", "agent", "--agent", id, "--name", "Ann's").code)
}

func TestAgent_unknownIDsAreExplained(t *testing.T) {
	t.Parallel()
	environ := ledger(t)
	const nobody = "00000000-0000-7000-8000-00000000000f"
	got := run("", environ, "agent", "create", "--name", "Ann", "--queue", nobody)
	require.Equal(t, 1, got.code)
	require.Contains(t, got.errors, "body.queue_ids")
	got = run("", environ, "token", "create", "--role", "agent", "--agent", nobody, "--name", "x")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.errors, "no agent")
}
